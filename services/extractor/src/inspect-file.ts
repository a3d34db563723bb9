import { UnreadableFileError } from "@lethe/contracts/errors";
import type { CsvColumns } from "@lethe/input-files/csv-header";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { ByteSource, LineChunk } from "@lethe/input-files/line-chunk";
import type { ReadLimits } from "@lethe/input-files/read-limits";
import { readLines } from "@lethe/input-files/read-lines";
import { requireText } from "@lethe/input-files/require-text";
import { fileTooLarge, type UnpackLimits, unpackLimit, withinLimit } from "@lethe/input-files/unpack-limit";
import type { Storage } from "@lethe/storage/storage";
import type { ClaimedFile } from "./claim-landed.js";
import { hashStored } from "./hash-stored.js";

export interface InspectedFile extends ClaimedFile {
  /** The key in area `claimed` of what is read: the file itself, or what it was converted to. */
  readonly sourceKey: string;
  /** The format of what is read. */
  readonly format: InputFormat;
  /** What it was when it came, in words, if it was converted. */
  readonly convertedFrom: string | null;
  /** Of the content as it came. */
  readonly sha256: Buffer;
  /** Bytes on disk as it came. */
  readonly bytes: number;
  /** The file's lines, of a small file; a large one is read again when it is cut. */
  readonly lines: readonly LineChunk[] | undefined;
  /** Why it cannot be taken in, if so. */
  readonly unreadable: UnreadableFileError | undefined;
}

/** What a file must keep to. */
export interface InspectionLimits extends ReadLimits, UnpackLimits {
  /** What the header of a CSV file must name. */
  readonly columns?: CsvColumns;
}

/**
 * Reads a file once from end to end, computes its hash and checks that all of it can be cut into records, so that a
 * truncated file is recognised before the first of its records is staged. Keeps the lines while they take less than
 * `keepBytes`. Returns undefined if the file was removed since it was claimed. Throws what the storage throws,
 * and when `signal` aborts.
 */
export async function inspectFile(
  storage: Storage,
  file: ClaimedFile,
  keepBytes: number,
  limits: InspectionLimits,
  signal: AbortSignal,
): Promise<InspectedFile | undefined> {
  const opened = await storage.open("claimed", file.claimedKey);
  if (opened === undefined) return undefined;
  const format = file.namedFormat;
  try {
    const stored = hashStored(opened.bytes(), signal);
    const limit = unpackLimit(opened.size, format.gzip, limits);
    const unpacked = requireText(withinLimit(unpackedBytes(stored.source, format.gzip), limit));
    const { lines, unreadable } = await collectLines(unpacked, format.shape, keepBytes, limits);
    // A file that turns out unreadable half way still needs the hash of all of its bytes.
    const source = { sourceKey: file.claimedKey, format, convertedFrom: null };
    return { ...file, ...source, ...(await stored.finish()), lines, unreadable };
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
