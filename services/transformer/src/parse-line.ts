import { isUtf8 } from "node:buffer";

/** A line of a batch: the record that it holds, or why it holds none. Either way its text, for the quarantine. */
export type ParsedLine =
  | { readonly record: unknown; readonly text: string; readonly problem?: undefined }
  | UnparsedLine;

export interface UnparsedLine {
  readonly problem: string;
  readonly text: string;
  readonly encoding: "utf8" | "base64";
}

/**
 * Parses one line, given without its line end. Text that PostgreSQL cannot store (NUL, half a surrogate pair) makes a
 * line unreadable, as do bytes that are not UTF-8.
 */
export function parseLine(bytes: Buffer): ParsedLine {
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
  if (text.includes("\\u") && !isStorable(record)) {
    return { problem: "the line holds a character that is none", text, encoding: "utf8" };
  }
  return { record, text };
}

// JSON.stringify writes what is no character of its own as an escape, so the escapes tell.
function isStorable(record: unknown): boolean {
  return !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(record).replace(/\\\\/g, ""));
}
