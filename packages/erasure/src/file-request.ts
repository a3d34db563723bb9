import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PathRefusedError } from "@lethe/contracts/errors";
import { partitionPath } from "@lethe/contracts/partition";
import type { Datasets } from "@lethe/datasets/registry";

/**
 * Hands in an erasure request as a file of the current hour, as the retailer's own systems do: whatever way a request
 * comes in, it goes the same way from there. Takes the data folder; returns the file's path in landing. Throws
 * PathRefusedError when the hour's folder is a symbolic link: no run would look behind it, and the request be lost there.
 */
export async function fileRequest(
  dataFolder: string,
  requests: Datasets["requests"],
  customerId: string,
  email: string,
): Promise<string> {
  const now = new Date().toISOString();
  const partition = { date: now.slice(0, 10), hour: Number(now.slice(11, 13)) };
  const path = `${partitionPath(partition)}/${requests.name}.${randomUUID()}.ndjson`;
  const incoming = join(dataFolder, "incoming");
  await mkdir(incoming, { recursive: true });
  const temporary = join(incoming, randomUUID());
  const file = await open(temporary, "wx", 0o600);
  try {
    // Within the record, so that it goes with it when the file is masked.
    await file.writeFile(`{${blankNonce()}${JSON.stringify(requests.erasure.toRecord(customerId, email)).slice(1)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await makeFolder(join(dataFolder, "landing"), partitionPath(partition));
    await rename(temporary, join(dataFolder, "landing", path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return path;
}

async function makeFolder(landing: string, partition: string): Promise<void> {
  const folder = join(landing, partition);
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) !== join(await realpath(landing), partition)) {
    throw new PathRefusedError("the folder of this hour in landing is a symbolic link");
  }
}

/** Removes what a crash has left of requests that were never handed in: their senders had no answer, and ask again. */
export async function removeAbandonedRequests(dataFolder: string): Promise<void> {
  const incoming = join(dataFolder, "incoming");
  await mkdir(incoming, { recursive: true });
  for (const name of await readdir(incoming)) {
    const file = await stat(join(incoming, name)).catch(() => undefined);
    if (file !== undefined && Date.now() - file.mtimeMs > ABANDONED_MS) await rm(join(incoming, name), { force: true });
  }
}

const ABANDONED_MS = 60 * 60 * 1000;

/** Reports whether a file of this name was handed in by `fileRequest`. */
export function isFiledRequest(requests: Datasets["requests"], name: string): boolean {
  const tag = name.startsWith(`${requests.name}.`) ? name.slice(requests.name.length + 1) : "";
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.ndjson$/.test(tag);
}

/**
 * 128 random bits as white space, which JSON passes over. The ledger knows files by a plain hash of their content: without
 * it, that hash would give away a request to whoever tries likely ids and emails, and a person's second request (the
 * first may have been turned down or lifted) would pass for the first.
 */
function blankNonce(): string {
  const bits = [...randomBytes(16)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replaceAll("0", " ").replaceAll("1", "\t");
}
