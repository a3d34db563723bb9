import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import type { DetectedInput } from "./detect-input.js";
import type { InputFormat } from "./input-format.js";
import type { ByteSource } from "./line-chunk.js";
import { plainCsv } from "./plain-csv.js";
import type { ReadLimits } from "./read-limits.js";
import { IN_ARRAY, newSplitReport, type SplitReport, splitJson } from "./split-json.js";
import { encodingName } from "./text-encoding.js";

/** A file in the form in which Lethe keeps files. */
export interface ConvertedInput {
  readonly format: InputFormat;
  readonly source: ByteSource;
  /** Describes what the file was, for people; undefined if the conversion has changed nothing. Known at the end of `source`. */
  readonly convertedFrom: () => string | undefined;
}

/** A file that is not packed and is larger is packed when it is converted. */
const LARGE_BYTES = 16 * 1024 * 1024;

/**
 * Converts a file to lines of JSON or to plain CSV, in UTF-8, in one layer of gzip if the file was packed or is large. The
 * same file always becomes the same bytes, and memory does not grow with it. Reading `source` throws UnreadableFileError for
 * a file of which nothing is a record, and for one that is damaged or over a limit.
 */
export function convertInput(input: DetectedInput, storedBytes: number, limits: ReadLimits): ConvertedInput {
  const gzip = input.packings.length > 0 || storedBytes > LARGE_BYTES;
  const report = newSplitReport();
  const { csv } = input;
  const text =
    csv === undefined ? jsonLinesOf(input, limits.maxRecordBytes, report) : plainCsv(input.source, csv, limits);
  return {
    format: { shape: csv === undefined ? "ndjson" : "csv", gzip },
    source: gzip ? packed(text) : text,
    convertedFrom: () =>
      mayBeKept(input) && report.isPlain && input.tail() === undefined ? undefined : describe(input, report),
  };
}

/**
 * Reports whether a file may be kept as it came, as far as its beginning shows it: it is UTF-8, packed in one layer of gzip at the
 * most, and CSV is plain.
 */
export function mayBeKept(input: DetectedInput): boolean {
  return input.encoding === "utf-8" && isKeptPacking(input) && input.csv?.isPlain !== false;
}

function isKeptPacking({ packings }: DetectedInput): boolean {
  return packings.length === 0 || (packings.length === 1 && packings[0] === "gzip");
}

async function* jsonLinesOf(
  { source, dataset }: DetectedInput,
  maxRecordBytes: number,
  report: SplitReport,
): AsyncGenerator<Buffer> {
  for await (const chunk of splitJson(source, maxRecordBytes, report, dataset)) yield chunk.bytes;
  if (report.records === 0 && report.broken > 0 && !report.isPlain) {
    throw new UnreadableFileError("nothing in the file is a record; send it as JSON or CSV");
  }
}

async function* packed(source: ByteSource): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  // What fails ends `gzip` with its error, and so is thrown here.
  pipeline(source, gzip, () => undefined);
  yield* gzip;
}

function describe(input: DetectedInput, report: SplitReport): string {
  const encoding = input.encoding === "utf-8" ? [] : [encodingName(input.encoding)];
  const packing = isKeptPacking(input) ? [] : [`in ${[...input.packings].reverse().join(" in ")}`];
  const tail = input.tail() === undefined ? [] : ["with bytes after the gzip data"];
  return [...encoding, input.csv?.description ?? jsonName(report), ...packing, ...tail].join(" ");
}

function jsonName({ traits, broken }: SplitReport): string {
  const isArray = traits.has(IN_ARRAY);
  const notes = [...traits].filter((trait) => trait !== IN_ARRAY);
  if (isArray && broken > 0) notes.push("broken elements");
  const name = isArray ? "a JSON array" : "JSON";
  return notes.length === 0 ? name : `${name} with ${notes.sort().join(", ")}`;
}
