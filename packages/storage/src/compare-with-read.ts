import { createHash } from "node:crypto";
import type { Area, Storage } from "./storage.js";

/** What was read of a file. */
export interface ReadContent {
  readonly bytes: number;
  /** Reports whether a SHA-256 is that of what was read. */
  isRead(sha256: Buffer): boolean;
}

/**
 * What a file is, compared with what was read of it: `same`; `shared`: as long as that, but somebody else has another name for it and
 * can change it at any time, so that it is to be compared as it is copied; `longer`: it begins with what was read; `other`; or `missing`.
 */
export type Comparison = "same" | "shared" | "longer" | "other" | "missing";

/** Compares a file with what was read of it, by size and hash. */
export async function compareWithRead(
  storage: Storage,
  area: Area,
  key: string,
  read: ReadContent,
): Promise<Comparison> {
  const file = await storage.open(area, key);
  if (file === undefined) return "missing";
  try {
    if (file.size < read.bytes) return "other";
    if (file.isShared && file.size === read.bytes) return "shared";
    const hash = createHash("sha256");
    let left = read.bytes;
    let isLonger = false;
    for await (const piece of file.bytes()) {
      hash.update(piece.length > left ? piece.subarray(0, left) : piece);
      isLonger = piece.length > left;
      left -= Math.min(piece.length, left);
      if (isLonger) break;
    }
    if (left > 0 || !read.isRead(hash.digest())) return "other";
    if (isLonger) return "longer";
    return file.isShared ? "shared" : "same";
  } finally {
    await file.close();
  }
}

/** Yields the first bytes of a file. */
export async function* firstBytesOf(storage: Storage, area: Area, key: string, bytes: number): AsyncGenerator<Buffer> {
  const file = await storage.open(area, key);
  if (file === undefined) return;
  try {
    let left = bytes;
    for await (const piece of file.bytes()) {
      yield piece.length > left ? piece.subarray(0, left) : piece;
      left -= Math.min(piece.length, left);
      if (left === 0) return;
    }
  } finally {
    await file.close();
  }
}
