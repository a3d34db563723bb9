import { UnreadableFileError } from "@lethe/contracts/errors";
import { mayBeKept } from "@lethe/input-files/convert-input";
import { csvLines } from "@lethe/input-files/csv-lines";
import { type DetectedInput, detectInput } from "@lethe/input-files/detect-input";
import { packingOf } from "@lethe/input-files/file-kind";
import { GzipDataError } from "@lethe/input-files/file-source";
import type { ByteSource } from "@lethe/input-files/line-chunk";
import { readEvident } from "@lethe/input-files/read-evident";
import type { Storage } from "@lethe/storage/storage";
import type { ClaimedFile } from "./claim-landed.js";
import { collectLines } from "./collect-lines.js";
import { convertFile } from "./convert-file.js";
import { hashStored } from "./hash-stored.js";
import type { InspectionOptions, ReadFile } from "./read-file.js";

export interface InspectedFile extends ClaimedFile, ReadFile {
  /** Of the content as it came. */
  readonly sha256: Buffer;
  /** Bytes on disk as it came. */
  readonly bytes: number;
}

/**
 * Reads a file once from end to end, computes its hash, finds out by its content what it is, and checks that all of it can be
 * cut into records, so that a truncated file is recognised before the first of its records is staged. A file in a form that is
 * not kept is converted, and its conversion is what is read then. Keeps the lines while they take less than
 * `keepBytes`. Returns undefined if the file was removed since it was claimed. Throws what the storage throws,
 * and when `signal` aborts.
 */
export async function inspectFile(
  storage: Storage,
  file: ClaimedFile,
  keepBytes: number,
  options: InspectionOptions,
  signal: AbortSignal,
): Promise<InspectedFile | undefined> {
  const opened = await storage.open("claimed", file.claimedKey);
  if (opened === undefined) return undefined;
  try {
    const stored = hashStored(opened.bytes(), signal);
    const read = await readAsItIs(stored.source, opened.size, file, keepBytes, options);
    // A file that turns out unreadable half way still needs the hash of all of its bytes.
    const hashed = await stored.finish();
    if (read !== undefined) return { ...file, ...hashed, ...read };
    return { ...file, ...hashed, ...(await convertFile(storage, file, keepBytes, options, signal)) };
  } finally {
    await opened.close();
  }
}

/** Reads a file that is kept as it came. Returns undefined if it is to be converted, or to be looked at more closely. */
async function readAsItIs(
  stored: ByteSource,
  storedBytes: number,
  { namedFormat, claimedKey }: ClaimedFile,
  keepBytes: number,
  options: InspectionOptions,
): Promise<ReadFile | undefined> {
  const start = withStart(stored);
  let input: DetectedInput | undefined;
  let isDoubtful = false;
  const onDoubt = () => {
    isDoubtful = true;
  };
  try {
    const detecting = { ...options, storedBytes, namedShape: namedFormat.shape, isLenient: false };
    input = await detectInput(start.source, detecting);
    if (!mayBeKept(input)) return undefined;
    const chunks =
      input.csv === undefined
        ? readEvident(input.source, options, onDoubt)
        : csvLines(input.source, options, options.csv.form);
    const lines = await collectLines(chunks, keepBytes, options.maxFileBytes);
    if (isDoubtful) return undefined;
    const format = { shape: input.shape, gzip: input.packings.length > 0 };
    return { sourceKey: claimedKey, format, convertedFrom: null, lines, unreadable: undefined };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    // What follows gzip data stops a reader that does not look for it.
    if (error instanceof GzipDataError) return undefined;
    const format = { shape: input?.shape ?? namedFormat.shape, gzip: packingOf(start.bytes()) === "gzip" };
    return { sourceKey: claimedKey, format, convertedFrom: null, lines: undefined, unreadable: error };
  }
}

/** Bytes that show whether a file is gzip. */
const START_BYTES = 16;

function withStart(source: ByteSource) {
  let start = Buffer.alloc(0);
  async function* all(): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      if (start.length < START_BYTES) start = Buffer.concat([start, piece.subarray(0, START_BYTES)]);
      yield piece;
    }
  }
  return { source: all(), bytes: () => start };
}
