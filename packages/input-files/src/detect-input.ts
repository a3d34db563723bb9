import { UnreadableFileError, UnsupportedFormatError } from "@lethe/contracts/errors";
import { CSV_HEAD_BYTES, type CsvDialect, type CsvOptions, detectCsvDialect } from "./csv-dialect.js";
import type { CsvColumns } from "./csv-header.js";
import { type ForeignKind, foreignKindOf, KIND_BYTES, type Packing, packingOf } from "./file-kind.js";
import { unpackedBytes } from "./file-source.js";
import { type GzipTail, gunzipMembers } from "./gunzip-members.js";
import type { InputFormat } from "./input-format.js";
import type { ByteSource } from "./line-chunk.js";
import {
  detectEncoding,
  ENCODING_BYTES,
  encodingOfLabel,
  hasUtf8Mark,
  type TextEncoding,
  toUtf8,
} from "./text-encoding.js";
import { type UnpackLimits, unpackLimit, withinLimit } from "./unpack-limit.js";

/** What a file holds, by its content. */
export interface DetectedInput {
  /** How the file is packed, the outermost first. */
  readonly packings: readonly Packing[];
  readonly encoding: TextEncoding;
  /** `json` may be any JSON; `ndjson` is what the name calls lines and does not begin as an array. */
  readonly shape: InputFormat["shape"];
  /** How CSV is written; undefined for JSON. */
  readonly csv: CsvDialect | undefined;
  /** The dataset's fields. */
  readonly dataset: CsvColumns;
  /** The text in UTF-8, from its beginning. Reading it throws UnreadableFileError where the file is damaged or over a limit. */
  readonly source: ByteSource;
  /** What stands beside the gzip data; known when all of `source` has been read. */
  readonly tail: () => GzipTail | undefined;
}

export interface DetectOptions extends UnpackLimits {
  /** Bytes of the file as it is stored. */
  readonly storedBytes: number;
  /** What the name suggests. */
  readonly namedShape: InputFormat["shape"];
  /** What is set for the dataset's files, and what the header of CSV is known by. */
  readonly csv: CsvOptions;
  /**
   * Whether what is joined to gzip data is read, too. Otherwise reading throws UnreadableFileError there, and is faster.
   */
  readonly isLenient: boolean;
}

/** Layers of packing that are taken off. */
const MOST_LAYERS = 8;

/**
 * Finds out from a file's first bytes how it is packed, how its text is encoded and whether it is JSON or CSV, whatever its
 * name. The limits count for all layers of packing together. Throws UnsupportedFormatError for a file that is of another kind,
 * and UnreadableFileError for one that is damaged at its beginning.
 */
export async function detectInput(stored: ByteSource, options: DetectOptions): Promise<DetectedInput> {
  const packings: Packing[] = [];
  let tail: GzipTail | undefined;
  const onTail = (found: GzipTail) => {
    tail = { bytes: (tail?.bytes ?? 0) + found.bytes };
  };
  let layer = await peek(stored, ENCODING_BYTES);
  for (let packing = packingOf(layer.head); packing !== undefined; packing = packingOf(layer.head)) {
    if (packings.length === MOST_LAYERS) {
      throw new UnreadableFileError(
        `the file is packed more than ${MOST_LAYERS} times; pack it once and send it again`,
      );
    }
    packings.push(packing);
    const isCareful = options.isLenient || packings.length > 1;
    const unpacked = unpack(packing, layer.source, isCareful, onTail);
    const limit = unpackLimit(options.storedBytes, true, options);
    layer = await peek(withinLimit(unpacked, limit), ENCODING_BYTES);
  }
  if (packings.length === 0) {
    layer = { ...layer, source: withinLimit(layer.source, unpackLimit(options.storedBytes, false, options)) };
  }
  const kind = kindOf(layer.head);
  if (kind !== undefined) throw new UnsupportedFormatError(`the file is ${kind.what}; ${kind.remedy}`);
  const encoding = encodingOf(layer.head, options.csv.encoding);
  const text = encoding === "utf-8" ? layer : await peek(toUtf8(layer.source, encoding), ENCODING_BYTES);
  if (isBinary(text.head)) throw new UnsupportedFormatError(`the file is ${BINARY.what}; ${BINARY.remedy}`);
  return { packings, encoding, ...(await shapeOf(text, options)), dataset: options.csv.form, tail: () => tail };
}

/** Returns the first bytes of a source, and all of it. */
async function peek(
  source: ByteSource,
  count: number,
): Promise<{ readonly head: Buffer; readonly source: ByteSource }> {
  const iterator = source[Symbol.asyncIterator]();
  const taken: Buffer[] = [];
  let bytes = 0;
  let isEnded = false;
  while (bytes < count && !isEnded) {
    const { done, value } = await iterator.next();
    if (done === true) isEnded = true;
    else {
      taken.push(value);
      bytes += value.length;
    }
  }
  const whole = taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken);
  async function* all(): AsyncGenerator<Buffer> {
    if (whole.length > 0) yield whole;
    if (!isEnded) yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head: whole.subarray(0, count), source: all() };
}

async function* unpack(
  packing: Packing,
  source: ByteSource,
  isCareful: boolean,
  onTail: (tail: GzipTail) => void,
): AsyncGenerator<Buffer> {
  // The other decoders are large and seldom needed.
  if (packing === "zstd") yield* (await import("./unpack-zstd.js")).unpackZstd(source);
  else if (packing === "bzip2") yield* (await import("./unpack-bzip2.js")).unpackBzip2(source);
  else if (packing === "xz") yield* (await import("./unpack-xz.js")).unpackXz(source);
  else if (isCareful) yield* gunzipMembers(source, onTail);
  else yield* unpackedBytes(source, true, undefined, true);
}

function kindOf(head: Buffer): ForeignKind | undefined {
  // RTF alone opens with a brace.
  if (head[0] === 0x7b && head[1] !== 0x5c) return undefined;
  return foreignKindOf(head.subarray(0, KIND_BYTES));
}

function encodingOf(head: Buffer, label: string | undefined): TextEncoding {
  const detected = detectEncoding(head);
  if (detected !== "utf-8" || label === undefined || hasUtf8Mark(head)) return detected;
  return encodingOfLabel(label);
}

const BINARY: ForeignKind = {
  what: "binary data of an unknown kind",
  remedy: "send the records as JSON or CSV in UTF-8",
};

/** Control characters, of all bytes but the padding around them, from which a text is none. */
const MOST_CONTROLS = 0.05;

/** Reports whether bytes are no text. What opens as JSON is; it may have padding in it, and be broken. */
function isBinary(head: Buffer): boolean {
  if (["{", "["].includes(textOf(head).charAt(0)) || hasUtf8Mark(head)) return false;
  let start = 0;
  let end = head.length;
  while (start < end && head[start] === 0) start++;
  while (end > start && head[end - 1] === 0) end--;
  const text = head.subarray(start, end);
  const controls = text.filter((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1e).length;
  return controls > 1 && controls > text.length * MOST_CONTROLS;
}

/** What may stand before the first record: white space, padding, record separators, a byte order mark. */
const BEFORE_TEXT = /^(?:[\s\p{Cc}\ufeff])+/u;

function textOf(head: Buffer): string {
  return head.toString("utf8").replace(BEFORE_TEXT, "");
}

async function shapeOf(
  text: { readonly head: Buffer; readonly source: ByteSource },
  { namedShape, csv: options }: DetectOptions,
): Promise<Pick<DetectedInput, "shape" | "csv" | "source">> {
  const start = textOf(text.head);
  const shape = namedShape === "csv" || start.startsWith("[") ? "json" : namedShape;
  const opensJson = start.startsWith("[") || start.startsWith("{");
  // A title or a name in brackets may be the first thing in a file of CSV.
  const mayBeCsv = !opensJson || namedShape === "csv" || !BEGINS_RECORDS.test(start);
  if (!mayBeCsv || (start === "" && namedShape !== "csv")) return { shape, csv: undefined, source: text.source };
  const { head, source } = await peek(text.source, CSV_HEAD_BYTES);
  if (namedShape === "csv" && !opensJson) return { shape: "csv", csv: detectCsvDialect(head, options), source };
  const csv = findCsv(head, options);
  const isCsv = csv !== undefined && (!opensJson || namesFields(csv, options));
  return isCsv ? { shape: "csv", csv, source } : { shape, csv: undefined, source };
}

/** How JSON begins in which records may be. */
const BEGINS_RECORDS = /^(?:\[\s*)*(?:\{\s*["}]|\])/;

/** Fields that a header names where what stands above it, or it itself, opens with a bracket. */
const FEWEST_NAMES = 2;

function namesFields({ names }: CsvDialect, { form }: CsvOptions): boolean {
  return names.filter((name) => name !== null && form.columns.includes(name)).length >= FEWEST_NAMES;
}

/** Returns how text in a file that is not named so is written as CSV; undefined if it has no header row. */
function findCsv(head: Buffer, options: CsvOptions): CsvDialect | undefined {
  try {
    const dialect = detectCsvDialect(head, options);
    return dialect.headerRow > 0 ? dialect : undefined;
  } catch (error) {
    if (error instanceof UnreadableFileError) return undefined;
    throw error;
  }
}
