import { UnreadableFileError } from "@lethe/contracts/errors";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { ByteSource, LineChunk } from "@lethe/input-files/line-chunk";
import type { ReadLimits } from "@lethe/input-files/read-limits";
import { readLines } from "@lethe/input-files/read-lines";
import { requireText } from "@lethe/input-files/require-text";
import { fileTooLarge, type UnpackLimits, unpackLimit, withinLimit } from "@lethe/input-files/unpack-limit";
import type { Storage } from "@lethe/storage/storage";
import { hashStored } from "./hash-stored.js";
import type { LandedFile } from "./scan-landing.js";

export interface InspectedFile extends LandedFile {
  readonly format: InputFormat;
  /** Of the content; where the ledger is concerned, the keyed hash that it knows it by. */
  readonly sha256: Buffer;
  /** Bytes on disk. */
  readonly bytes: number;
  /** The file's lines, of a small file; a large one is read again when it is cut. */
  readonly lines: readonly LineChunk[] | undefined;
  /** Why it cannot be taken in, if so. */
  readonly unreadable: UnreadableFileError | undefined;
}

/** What a file must keep to. */
export interface InspectionLimits extends ReadLimits, UnpackLimits {
  /** The names of which the header of a CSV file must have one, in lower case. */
  readonly columns?: ReadonlySet<string>;
}

/**
 * Reads a file once from end to end, computes its hash and checks that all of it can be cut into records, so that a
 * truncated file is recognised before the first of its records is staged. Keeps the lines while they take less than
 * `keepBytes`. Returns undefined if the file was removed since landing was scanned. Throws what the storage throws,
 * and when `signal` aborts.
 */
export async function inspectFile(
  storage: Storage,
  file: LandedFile,
  keepBytes: number,
  limits: InspectionLimits,
  signal: AbortSignal,
): Promise<InspectedFile | undefined> {
  const opened = await storage.open("landing", file.path);
  if (opened === undefined) return undefined;
  try {
    const stored = hashStored(opened.bytes(), signal);
    const limit = unpackLimit(opened.size, file.namedFormat.gzip, limits);
    const unpacked = requireText(withinLimit(unpackedBytes(stored.source, file.namedFormat.gzip), limit));
    const { lines, unreadable } = await collectLines(unpacked, file.namedFormat.shape, keepBytes, limits);
    // A file that turns out unreadable half way still needs the hash of all of its bytes.
    return { ...file, format: file.namedFormat, ...(await stored.finish()), lines, unreadable };
  } finally {
    await opened.close();
  }
}

async function collectLines(
  unpacked: ByteSource,
  shape: InputFormat["shape"],
  keepBytes: number,
  limits: InspectionLimits,
) {
  let kept: LineChunk[] | undefined = [];
  let bytes = 0;
  try {
    for await (const chunk of readLines(unpacked, shape, limits, limits.columns)) {
      bytes += chunk.bytes.length;
      // A row of CSV becomes longer as a line, for it names its fields.
      if (bytes > limits.maxFileBytes) throw fileTooLarge(limits.maxFileBytes);
      if (bytes > keepBytes) kept = undefined;
      kept?.push(chunk);
    }
    return { lines: kept, unreadable: undefined };
  } catch (error) {
    if (error instanceof UnreadableFileError) return { lines: undefined, unreadable: error };
    throw error;
  }
}
