/** Takes a record's text as it stands in the file; gives what is to stand there instead, or undefined to leave it. */
export type RewriteText = (text: string) => string | undefined;

/** As RewriteText for a row of a CSV file, given by the header's names. */
export type RewriteRow = (row: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined;

export interface Rewrite {
  /** Also asked for what stands in a CSV file and is no row of it, for want of a field or of a quote. */
  readonly json: RewriteText;
  readonly csv: RewriteRow;
}

/** Rewrites a record's bytes, white space around it kept; undefined leaves them. */
export function rewriteBytes(bytes: Buffer, rewrite: RewriteText): Buffer | undefined {
  const text = bytes.toString("utf8");
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const replacement = rewrite(trimmed);
  if (replacement === undefined) return undefined;
  const start = text.indexOf(trimmed);
  return Buffer.from(text.slice(0, start) + replacement + text.slice(start + trimmed.length));
}
