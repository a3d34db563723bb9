/** Takes a record's text as it stands in the file; gives what is to stand there instead, or undefined to leave it. */
export type RewriteText = (text: string) => string | undefined;

/** As RewriteText for a row of a CSV file, given by the header's names. */
export type RewriteRow = (row: Readonly<Record<string, string>>) => Readonly<Record<string, string>> | undefined;

export interface Rewrite {
  readonly json: RewriteText;
  readonly csv: RewriteRow;
}
