import { UnreadableFileError } from "@lethe/contracts/errors";
import { convertInput } from "@lethe/input-files/convert-input";
import { detectInput } from "@lethe/input-files/detect-input";
import { packingOf } from "@lethe/input-files/file-kind";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { GzipTail } from "@lethe/input-files/gunzip-members";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { ByteSource } from "@lethe/input-files/line-chunk";
import { readLines } from "@lethe/input-files/read-lines";
import { convertedKeyOf } from "@lethe/storage/claimed-key";
import type { OpenFile, Storage } from "@lethe/storage/storage";
import type { ClaimedFile } from "./claim-landed.js";
import { collectLines } from "./collect-lines.js";
import type { InspectionOptions, ReadFile } from "./read-file.js";

/**
 * Converts a claimed file to a form that is kept, beside the file, and returns what was found. A file in which nothing had to be
 * changed, though a cheap look did not show it, is read as it came.
 */
export async function convertFile(
  storage: Storage,
  file: ClaimedFile,
  keepBytes: number,
  options: InspectionOptions,
  signal: AbortSignal,
): Promise<ReadFile> {
  const { claimedKey, namedFormat } = file;
  const opened = await storage.open("claimed", claimedKey);
  if (opened === undefined) throw new Error(`${claimedKey} is gone from the claimed files`);
  try {
    const detecting = { ...options, storedBytes: opened.size, namedShape: namedFormat.shape, isLenient: true };
    const input = await detectInput(whileNotAborted(opened.bytes(), signal), detecting);
    const converted = convertInput(input, opened.size, options);
    const sourceKey = convertedKeyOf(claimedKey);
    const written = await storage.write("claimed", sourceKey, converted.source);
    const convertedFrom = converted.convertedFrom();
    if (convertedFrom === undefined) {
      await written.discard();
      const format = { shape: input.shape, gzip: input.packings.length > 0 };
      const lines = await linesOf(opened.bytes(), { ...format, shape: "ndjson" }, keepBytes, options);
      return { sourceKey: claimedKey, format, convertedFrom: null, lines, unreadable: undefined };
    }
    await written.commit();
    const lines = await linesOfStored(storage, sourceKey, converted.format, keepBytes, options);
    const tail = input.tail();
    return {
      sourceKey,
      format: converted.format,
      convertedFrom,
      lines,
      unreadable: undefined,
      tail: tail && describeTail(tail),
    };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    // The whole file goes to quarantine; nothing would ever look at its conversion again.
    await storage.remove("claimed", [convertedKeyOf(claimedKey)]);
    const format = { shape: namedFormat.shape, gzip: await isGzip(opened) };
    return { sourceKey: claimedKey, format, convertedFrom: null, lines: undefined, unreadable: error };
  } finally {
    await opened.close();
  }
}

async function linesOfStored(
  storage: Storage,
  key: string,
  format: InputFormat,
  keepBytes: number,
  options: InspectionOptions,
) {
  const opened = await storage.open("claimed", key);
  if (opened === undefined) throw new Error(`${key} is gone from the claimed files`);
  try {
    return await linesOf(opened.bytes(), format, keepBytes, options);
  } finally {
    await opened.close();
  }
}

function linesOf(stored: ByteSource, format: InputFormat, keepBytes: number, options: InspectionOptions) {
  const source = unpackedBytes(stored, format.gzip);
  return collectLines(readLines(source, format.shape, options, options.csv.form), keepBytes, options.maxFileBytes);
}

async function* whileNotAborted(source: ByteSource, signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    signal.throwIfAborted();
    yield piece;
  }
}

async function isGzip(opened: OpenFile): Promise<boolean> {
  for await (const piece of opened.bytes()) return packingOf(piece) === "gzip";
  return false;
}

function describeTail({ bytes }: GzipTail): string | undefined {
  return bytes === 0 ? undefined : `It has ${bytes} bytes.`;
}
