import { createHash } from "node:crypto";
import type { ReadContent } from "./compare-with-read.js";
import type { Storage } from "./storage.js";

/**
 * Copies what was read of a claimed file to another key, or in place of the file itself, and compares it as it is copied: what is
 * written is what was hashed, whoever changes the file meanwhile. Returns whether it was what was read; otherwise nothing is written.
 */
export async function copyRead(storage: Storage, key: string, newKey: string, read: ReadContent): Promise<boolean> {
  const file = await storage.open("claimed", key);
  if (file === undefined) return false;
  try {
    const hash = createHash("sha256");
    let left = read.bytes;
    const firstBytes = async function* () {
      for await (const piece of file.bytes()) {
        const wanted = piece.subarray(0, left);
        hash.update(wanted);
        left -= wanted.length;
        yield wanted;
        if (left === 0) return;
      }
    };
    const written = await storage.write("claimed", newKey, firstBytes());
    const isRead = left === 0 && read.isRead(hash.digest());
    await (isRead ? written.commit() : written.discard());
    return isRead;
  } finally {
    await file.close();
  }
}
