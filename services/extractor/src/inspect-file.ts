import { join } from "node:path";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { openInputFile, storedBytes, unpackedBytes } from "@lethe/input-files/file-source";
import type { ByteSource, LineChunk } from "@lethe/input-files/line-chunk";
import { readLines } from "@lethe/input-files/read-lines";
import { hashStored } from "./hash-stored.js";
import type { LandedFile } from "./scan-landing.js";

export interface InspectedFile extends LandedFile {
  readonly sha256: Buffer;
  /** Bytes on disk. */
  readonly bytes: number;
  /** The file's lines, of a small file; a large one is read again when it is cut. */
  readonly lines: readonly LineChunk[] | undefined;
  /** Why it cannot be taken in, if so. */
  readonly unreadable: UnreadableFileError | undefined;
}

/**
 * Reads a file once from end to end: its hash, and whether all of it can be cut into records, so that a torn file is
 * known for what it is before the first of its records goes anywhere. Keeps the lines while they stay below
 * `keepBytes`. Throws what the disk throws, and when `signal` aborts.
 */
export async function inspectFile(
  root: string,
  file: LandedFile,
  keepBytes: number,
  maxRecordBytes: number,
  signal: AbortSignal,
): Promise<InspectedFile> {
  const handle = await openInputFile(join(root, file.path));
  try {
    const stored = hashStored(storedBytes(handle), signal);
    const { lines, unreadable } = await collectLines(stored.source, file, keepBytes, maxRecordBytes);
    // A file that turns out unreadable half way still needs the hash of all of its bytes.
    return { ...file, ...(await stored.finish()), lines, unreadable };
  } finally {
    await handle.close();
  }
}

async function collectLines(source: ByteSource, file: LandedFile, keepBytes: number, maxRecordBytes: number) {
  let kept: LineChunk[] | undefined = [];
  let bytes = 0;
  try {
    const chunks = readLines(unpackedBytes(source, file.format.gzip), file.format.shape, maxRecordBytes);
    for await (const chunk of chunks) {
      bytes += chunk.bytes.length;
      if (bytes > keepBytes) kept = undefined;
      kept?.push(chunk);
    }
    return { lines: kept, unreadable: undefined };
  } catch (error) {
    if (error instanceof UnreadableFileError) return { lines: undefined, unreadable: error };
    throw error;
  }
}
