import type { Dirent } from "node:fs";
import { readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { below, type Random } from "@lethe/sample-data/random";
import type { Fault } from "../fault.js";

/** Cuts some staged objects short, or removes them, while batches wait. */
export function damageStaging(how: "truncated" | "missing"): Fault {
  return {
    name: `staged objects ${how}`,
    async inject({ cluster, random, note, untilInjectionPoint }) {
      await untilInjectionPoint();
      const damaged: string[] = [];
      for (let i = 0; i < 400 && damaged.length < 4; i++) {
        const path = await pickObject(join(cluster.data, "staging"), random);
        if (path !== undefined && (await damage(path, how))) damaged.push(path.slice(path.lastIndexOf("/") + 1));
        else await new Promise((resolve) => setImmediate(resolve));
      }
      note(damaged.length === 0 ? "none found" : damaged.join(", "));
    },
  };
}

async function damage(path: string, how: "truncated" | "missing"): Promise<boolean> {
  try {
    const { size } = await stat(path);
    if (size === 0) return false;
    if (how === "missing") await rm(path);
    else await truncate(path, Math.floor(size / 2));
    return true;
  } catch (error) {
    // A service no longer needed it and removed it meanwhile.
    if (hasSystemCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Returns the path of a random object of a random batch; undefined when nothing is staged. */
async function pickObject(staging: string, random: Random): Promise<string | undefined> {
  let path = staging;
  for (let depth = 0; depth < 3; depth++) {
    const entries = (await list(path)).filter((entry) => !entry.name.includes(".tmp"));
    const entry = entries[below(random, Math.max(1, entries.length))];
    if (entry === undefined) return undefined;
    path = join(path, entry.name);
  }
  return path;
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")) return [];
    throw error;
  }
}
