import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/sample-data/random";
import { runCommand } from "../cluster/run-command.js";
import type { Fault } from "../fault.js";

const FULL_MS = 2_500;

/** Mounts a small disk over a folder of DATA_DIR: it is full from the start, and has room again after a while. */
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
      runCommand("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path);
      // It is full before the work begins: a run cannot reach an injection point then, and its retries do not last for ever.
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
