import { isUtf8 } from "node:buffer";

/** Takes a record's text as it stands in the file; returns what is to stand there instead, or undefined to leave it. */
export type RewriteText = (text: string) => string | undefined;

/**
 * Does for a row of a CSV file what RewriteText does for text. The row's fields are given by the names in the header.
 */
export type RewriteRow = (row: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined;

export interface Rewrite {
  /** Also called with text in a CSV file that cannot be read as a row, because a field or a quote is missing. */
  readonly json: RewriteText;
  readonly csv: RewriteRow;
  /** Called with the names in the header of a CSV file. Returns as many names, or undefined to leave them. */
  readonly header?: (names: readonly string[]) => readonly string[] | undefined;
}

/**
 * Rewrites a record's bytes and keeps the white space around it. Returns undefined if the record stays as it is. One that is
 * not UTF-8 is read as Latin-1, too.
 */
export function rewriteBytes(bytes: Buffer, rewrite: RewriteText): Buffer | undefined {
  const rewritten = rewriteAs("utf8", bytes, rewrite);
  return rewritten !== undefined || isUtf8(bytes) ? rewritten : rewriteAs("latin1", bytes, rewrite);
}

function rewriteAs(encoding: "utf8" | "latin1", bytes: Buffer, rewrite: RewriteText): Buffer | undefined {
  const text = bytes.toString(encoding);
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const replacement = rewrite(trimmed);
  if (replacement === undefined) return undefined;
  const start = text.indexOf(trimmed);
  return Buffer.from(text.slice(0, start) + replacement + text.slice(start + trimmed.length));
}

/** A word that names a person, an id or an email, is no longer (RFC 5321, section 4.5.3.1.3: 254 characters). */
const LONGEST_WORD_BYTES = 1024;

/** Cuts a piece of a record that is too long to be kept in memory, at a place where no id or email is cut in two. */
export function cutBetweenWords(bytes: Buffer): { readonly head: Buffer; readonly rest: Buffer } {
  const tail = bytes.subarray(-LONGEST_WORD_BYTES);
  const inTail = tail.findLastIndex(isBetweenWords);
  const end = inTail === -1 ? bytes.length : bytes.length - tail.length + inTail + 1;
  return { head: bytes.subarray(0, end), rest: bytes.subarray(end) };
}

/** Reports whether a byte cannot be part of an id or email: white space, or a character of JSON's or CSV's syntax. */
function isBetweenWords(byte: number): boolean {
  return byte <= 0x20 || '",:{}[]'.includes(String.fromCharCode(byte));
}
