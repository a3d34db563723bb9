import { gunzipSync } from "node:zlib";
import { convertInput } from "../src/convert-input.js";
import type { CsvOptions } from "../src/csv-dialect.js";
import { type DetectOptions, detectInput } from "../src/detect-input.js";
import { type Cuts, inPieces, LIMITS } from "./lines.js";

export const OPTIONS = {
  maxFileBytes: 64 * 1024 * 1024,
  maxUnpackRatio: 200,
  namedShape: "json" as const,
  isLenient: true,
  csv: { form: { columns: ["id", "email"], required: ["id"], decimals: [] } } as CsvOptions,
} satisfies Partial<DetectOptions>;

/** Detects and converts a file's bytes. Returns the text that comes out, unpacked, and what the file was. */
export async function convert(bytes: Buffer, cuts: Cuts = [], options: Partial<DetectOptions> = {}) {
  const input = await detectInput(inPieces(bytes, cuts), { ...OPTIONS, storedBytes: bytes.length, ...options });
  const { format, source, convertedFrom } = convertInput(input, bytes.length, LIMITS);
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  const kept = Buffer.concat(pieces);
  return { bytes: format.gzip ? gunzipSync(kept) : kept, convertedFrom: convertedFrom(), format, tail: input.tail() };
}

/** Returns the lines of a converted file. */
export async function convertedLines(bytes: Buffer, cuts: Cuts = [], options: Partial<DetectOptions> = {}) {
  const { bytes: text } = await convert(bytes, cuts, options);
  return text.toString("utf8").split("\n").slice(0, -1);
}
