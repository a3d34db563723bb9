import { isUtf8 } from "node:buffer";
import { badRowOf, type CsvRowProblem, describeBadRow } from "@lethe/contracts/csv-row-problem";
import { isNestedDeeper } from "@lethe/datasets/nesting";
import { repeatedKeyIn } from "@lethe/datasets/repeated-key";

/**
 * A line of a batch with its text: the record that it holds, or the problem for which it cannot be processed. A line with a
 * problem may still have a record, which shows whose it is.
 */
export type ParsedLine =
  | {
      readonly record: unknown;
      readonly text: string;
      readonly problem?: undefined;
      /** A key that occurs twice in an object that the text does not show any more. */
      readonly repeatedKey?: string;
    }
  | UnparsedLine;

interface UnparsedLine {
  readonly problem: string;
  readonly text: string;
  readonly encoding: "utf8" | "base64";
  readonly record?: unknown;
  /** `schema` for a row of CSV that has other than its header's number of fields; otherwise it is `unreadable`. */
  readonly reason?: "schema";
}

const NOT_UTF8 =
  "the line is not UTF-8; if its file is in Latin-1 or Windows-1252, set the encoding in LETHE_INPUT_FORMATS and send it again";

/**
 * Parses one line, given without its line end. A line is unreadable when it is not UTF-8 or not JSON, is nested deeper than
 * `maxNesting`, or holds characters that PostgreSQL cannot store (NUL, half a surrogate pair).
 */
export function parseLine(bytes: Buffer, maxNesting: number): ParsedLine {
  if (!isUtf8(bytes)) return { problem: NOT_UTF8, text: bytes.toString("base64"), encoding: "base64" };
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
 * record's: what goes to quarantine can be replayed like any other record. Of a row that cannot become a record, the line
 * has the problem, and the text is the row's.
 */
export function parseCsvLine(
  bytes: Buffer,
  maxNesting: number,
  fromRow: (row: Readonly<Record<string, string>>) => unknown,
): ParsedLine {
  const parsed = parseLine(bytes, maxNesting);
  const bad = badRowOf(parsed.record);
  if (bad !== undefined) return badRow(...bad);
  if (parsed.problem !== undefined || !isRow(parsed.record)) return parsed;
  const record = fromRow(parsed.record);
  // A field that holds JSON has only now been parsed.
  const problem = problemOf(record, parsed.text, maxNesting);
  if (problem !== undefined) return { problem, text: parsed.text, encoding: "utf8", record };
  const repeatedKey = repeatedInFields(parsed.record);
  return { record, text: JSON.stringify(record), ...(repeatedKey !== undefined && { repeatedKey }) };
}

/** Returns a key that occurs twice in an object of a field that holds JSON. */
function repeatedInFields(row: Readonly<Record<string, string>>): string | undefined {
  for (const field of Object.values(row)) {
    if (typeof field !== "string" || !OPENS_JSON.test(field)) continue;
    const repeated = repeatedKeyIn(parseJson(field), field);
    if (repeated !== undefined) return repeated;
  }
  return undefined;
}

const OPENS_JSON = /^\s*[{[]/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function badRow(problem: CsvRowProblem, text: string): UnparsedLine {
  const isText = problem.problem !== "utf8" && !text.includes("\0");
  return {
    problem: describeBadRow(problem),
    text: isText || problem.problem === "utf8" ? text : Buffer.from(text).toString("base64"),
    encoding: isText ? "utf8" : "base64",
    ...(problem.problem === "fields" && { reason: "schema" }),
  };
}

function isRow(record: unknown): record is Record<string, string> {
  return typeof record === "object" && record !== null && !Array.isArray(record);
}

/** Returns why a record that was parsed from `text` cannot be processed, or undefined. */
function problemOf(record: unknown, text: string, maxNesting: number): string | undefined {
  if (isNestedDeeper(maxNesting, record, text)) {
    return `the line is nested deeper than ${maxNesting} levels (LETHE_MAX_NESTING)`;
  }
  // Half a surrogate pair can only come from an escape.
  return text.includes("\\u") && !isStorable(record)
    ? "the line holds an escaped character that cannot be stored"
    : undefined;
}

// JSON.stringify writes NUL and half surrogate pairs as escapes.
function isStorable(record: unknown): boolean {
  return !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(record).replace(/\\\\/g, ""));
}
