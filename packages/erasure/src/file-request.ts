import { randomBytes, randomUUID } from "node:crypto";
import { isFiledRequestName } from "@lethe/contracts/filed-request";
import { partitionPath } from "@lethe/contracts/partition";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Storage } from "@lethe/storage/storage";

/**
 * Hands in an erasure request as a file of the current hour, as the retailer's own systems do: whatever way a request
 * comes in, it goes the same way from there. Returns the file's key in landing. Throws PathRefusedError when the hour's
 * folder is a symbolic link: no run would look behind it, and the request be lost there.
 */
export async function fileRequest(
  storage: Storage,
  requests: Datasets["requests"],
  customerId: string,
  email: string,
): Promise<string> {
  const now = new Date().toISOString();
  const partition = { date: now.slice(0, 10), hour: Number(now.slice(11, 13)) };
  const key = `${partitionPath(partition)}/${requests.name}.${randomUUID()}.ndjson`;
  // Within the record, so that it goes with it when the file is masked.
  const line = `{${blankNonce()}${JSON.stringify(requests.erasure.toRecord(customerId, email)).slice(1)}\n`;
  const written = await storage.write("landing", key, [Buffer.from(line)], { isPrivate: true });
  await written.commit();
  return key;
}

const ABANDONED_MS = 60 * 60 * 1000;

/** Removes what a crash has left of requests that were never handed in: their senders had no answer, and ask again. */
export async function removeAbandonedRequests(storage: Storage): Promise<void> {
  await storage.removeAbandoned(ABANDONED_MS);
}

/** Reports whether a file of this name was handed in by `fileRequest`. */
export function isFiledRequest(requests: Datasets["requests"], name: string): boolean {
  return isFiledRequestName(requests.name, name);
}

/**
 * 128 random bits as white space, which JSON passes over. The ledger knows files by their content: without them, a person's
 * second request (the first may have been turned down or lifted) would pass for the first.
 */
function blankNonce(): string {
  const bits = [...randomBytes(16)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replaceAll("0", " ").replaceAll("1", "\t");
}
