import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/sample-data/random";
import { runCommand } from "../cluster/run-command.js";
import type { Fault } from "../fault.js";

const FULL_MS = 2_500;
const ROOM_BYTES = 65_536;

/** Mounts a small disk over a folder of DATA_DIR, with what is in it: it is nearly full from the start, and has room again after a while. */
export function fillDisk(folder: "staging" | "processed_data"): Fault {
  return {
    name: `full disk: ${folder}`,
    during: "loads",
    async whyNot() {
      return process.getuid?.() === 0 ? undefined : "a small disk can be mounted by root alone";
    },
    async inject({ cluster, random }) {
      const path = join(cluster.data, folder);
      await mkdir(path, { recursive: true });
      mountOver(path);
      // It is full before the work begins: a run cannot reach an injection point then, and its retries do not last for ever.
      const { blocks, bfree, bsize } = await statfs(path);
      runCommand("mount", "-o", `remount,size=${(blocks - bfree) * bsize + ROOM_BYTES}`, path);
      await setTimeout(FULL_MS + below(random, FULL_MS));
      runCommand("mount", "-o", "remount,size=64m", path);
    },
    async conclude({ cluster }) {
      const path = join(cluster.data, folder);
      // Its files move to the folder underneath, which keeps them for the rounds that follow.
      const move = 'cp -a "$0"/. "$0".kept && umount "$0" && cp -a "$0".kept/. "$0" && rm -rf "$0".kept';
      runCommand("sh", "-c", move, path);
      return [];
    },
    async abandon({ cluster }) {
      // Lazily, because services still have files open on it.
      runCommand("umount", "--lazy", join(cluster.data, folder));
    },
  };
}

/** Mounts a disk that holds what the folder holds: an erasure finds nothing of what a mount hides, and says that there is nothing. */
function mountOver(path: string): void {
  const mount = 'mkdir "$0".disk && mount -t tmpfs -o size=64m tmpfs "$0".disk && cp -a "$0"/. "$0".disk';
  runCommand("sh", "-c", `${mount} && mount --bind "$0".disk "$0" && umount "$0".disk && rmdir "$0".disk`, path);
}
