import { isUtf8 } from "node:buffer";
import { isNestedDeeper } from "@lethe/datasets/nesting";

/**
 * A line of a batch: the record that it holds, or why it holds none that can be worked on (whose it is may still show).
 * Either way its text, for the quarantine.
 */
export type ParsedLine =
  | { readonly record: unknown; readonly text: string; readonly problem?: undefined }
  | UnparsedLine;

interface UnparsedLine {
  readonly problem: string;
  readonly text: string;
  readonly encoding: "utf8" | "base64";
  readonly record?: unknown;
}

/**
 * Parses one line, given without its line end, that may have `maxNesting` arrays and objects within each other. Text that PostgreSQL cannot store (NUL, half a surrogate pair) makes a
 * line unreadable, as do bytes that are not UTF-8 and values nested too deep.
 */
export function parseLine(bytes: Buffer, maxNesting: number): ParsedLine {
  if (!isUtf8(bytes)) return { problem: "the line is not UTF-8", text: bytes.toString("base64"), encoding: "base64" };
  const text = bytes.toString("utf8").trim();
  if (text.includes("\0")) {
    return { problem: "the line holds a NUL byte", text: bytes.toString("base64"), encoding: "base64" };
  }
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return { problem: "the line is not JSON", text, encoding: "utf8" };
  }
  const problem = problemOf(record, text, maxNesting);
  return problem === undefined ? { record, text } : { problem, text, encoding: "utf8", record };
}

/**
 * Parses one line of a CSV file, a JSON object of texts, and turns the row into a record by `fromRow`. The text is the
 * record's: what goes to quarantine can be replayed like any other record.
 */
export function parseCsvLine(
  bytes: Buffer,
  maxNesting: number,
  fromRow: (row: Readonly<Record<string, string>>) => unknown,
): ParsedLine {
  const parsed = parseLine(bytes, maxNesting);
  if (parsed.problem !== undefined || !isRow(parsed.record)) return parsed;
  const record = fromRow(parsed.record);
  // A field that holds JSON has only now been parsed.
  const problem = problemOf(record, parsed.text, maxNesting);
  if (problem !== undefined) return { problem, text: parsed.text, encoding: "utf8", record };
  return { record, text: JSON.stringify(record) };
}

function isRow(record: unknown): record is Record<string, string> {
  return typeof record === "object" && record !== null && !Array.isArray(record);
}

/** Describes why a record cannot be worked on though it is JSON, or undefined; takes the text that it was made of, too. */
function problemOf(record: unknown, text: string, maxNesting: number): string | undefined {
  if (isNestedDeeper(maxNesting, record, text)) {
    return `the line is nested deeper than ${maxNesting} levels (LETHE_MAX_NESTING)`;
  }
  // A character that is none can only have come as an escape.
  return text.includes("\\u") && !isStorable(record) ? "the line holds a character that is none" : undefined;
}

// JSON.stringify writes what is no character of its own as an escape, so the escapes tell.
function isStorable(record: unknown): boolean {
  return !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(record).replace(/\\\\/g, ""));
}
