import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import type { Datasets } from "@lethe/datasets/registry";
import { isFiledRequest } from "./file-request.js";

/** Days that are looked back: what is older waits for no run of its own any more, but for the next scheduled one. */
const LOOK_BACK_DAYS = 31;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Returns the requests that were handed in by `fileRequest` and lie in landing still, by their paths there. What lies behind
 * a symbolic link is none: no run takes it.
 */
export async function listFiledRequests(dataFolder: string, requests: Datasets["requests"]): Promise<string[]> {
  const landing = join(dataFolder, "landing");
  const oldest = `date=${new Date(Date.now() - LOOK_BACK_DAYS * DAY_MS).toISOString().slice(0, 10)}`;
  const paths: string[] = [];
  for (const date of await list(landing)) {
    if (!date.startsWith("date=") || date < oldest) continue;
    for (const hour of await list(join(landing, date))) {
      for (const name of await list(join(landing, date, hour))) {
        if (isFiledRequest(requests, name)) paths.push(`${date}/${hour}/${name}`);
      }
    }
  }
  return paths;
}

async function list(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.isSymbolicLink()).map((entry) => entry.name);
  } catch (error) {
    // A run may have removed a folder that it emptied; what is a file holds nothing.
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")) return [];
    throw error;
  }
}
