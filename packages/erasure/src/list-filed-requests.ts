import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Storage } from "@lethe/storage/storage";
import { isFiledRequest } from "./file-request.js";

/** Days that are looked back: an older request no longer waits for a run of its own, but for the next scheduled one. */
const LOOK_BACK_DAYS = 31;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Returns the requests that were handed in by `fileRequest` and lie in landing still, by their keys there. What lies behind
 * a symbolic link is none: no run takes it.
 */
export async function listFiledRequests(storage: Storage, requests: Datasets["requests"]): Promise<string[]> {
  const oldest = `date=${new Date(Date.now() - LOOK_BACK_DAYS * DAY_MS).toISOString().slice(0, 10)}`;
  const keys: string[] = [];
  for await (const day of storage.list("landing", "")) {
    if (day.kind !== "folder" || !day.name.startsWith("date=") || day.name < oldest) continue;
    for await (const hour of storage.list("landing", day.name)) {
      if (hour.kind !== "folder") continue;
      const folder = `${day.name}/${hour.name}`;
      for await (const { name, kind } of storage.list("landing", folder)) {
        if (kind === "file" && isFiledRequest(requests, name)) keys.push(`${folder}/${name}`);
      }
    }
  }
  return keys;
}
