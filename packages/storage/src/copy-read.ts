import { createHash } from "node:crypto";
import { firstBytesOf, type ReadContent } from "./compare-with-read.js";
import type { Storage } from "./storage.js";

/**
 * Copies what was read of a claimed file to another key, or in place of the file itself, and compares it as it is copied: what is
 * written is what was hashed, whoever changes the file meanwhile. Returns whether it was what was read; otherwise nothing is written.
 */
export async function copyRead(storage: Storage, key: string, newKey: string, read: ReadContent): Promise<boolean> {
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const piece of firstBytesOf(storage, "claimed", key, read.bytes)) {
      hash.update(piece);
      yield piece;
    }
  };
  const written = await storage.write("claimed", newKey, hashed());
  const isRead = written.bytes === read.bytes && read.isRead(hash.digest());
  await (isRead ? written.commit() : written.discard());
  return isRead;
}
