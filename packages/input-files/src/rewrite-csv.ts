import { parseString, writeToString } from "fast-csv";
import { createRowEndFinder } from "./csv-row-ends.js";
import type { ByteSource } from "./line-chunk.js";
import { cutBetweenWords, type Rewrite, rewriteBytes } from "./rewrite.js";

/**
 * Yields a CSV file's bytes with some of its rows, and of the names in its header, replaced; the rest stays as it was. Text
 * that cannot be read as a row, because a field or a quote is missing, is rewritten as text.
 */
export async function* rewriteCsv(
  source: ByteSource,
  rewrite: Rewrite,
  maxRecordBytes: number,
): AsyncGenerator<Buffer> {
  let header: readonly string[] | undefined;
  for await (const row of rawRows(source, maxRecordBytes)) {
    // Marks are none of a row's text; the parser would take one of several for it.
    const fields = await parseRow(row.toString("utf8").replace(/^\ufeff+/, ""));
    if (fields?.length === 0) yield row;
    else if (header === undefined && fields !== undefined) {
      header = fields.map((name) => name.replace(/^\ufeff/, ""));
      const names = rewrite.header?.(header);
      yield names === undefined ? row : await formatRow(names, row);
    } else if (header === undefined || fields?.length !== header.length) {
      yield rewriteBytes(row, rewrite.json) ?? row;
    } else {
      const names = header;
      const replacement = rewrite.csv(Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ""])));
      const values = replacement && names.map((name) => replacement[name] ?? "");
      yield values === undefined ? row : await formatRow(values, row);
    }
  }
}

async function formatRow(values: readonly string[], row: Buffer): Promise<Buffer> {
  const text = await writeToString([[...values]]);
  const [lineEnd = ""] = /[\r\n]?$/.exec(row.toString("latin1")) ?? [];
  return Buffer.from(text + lineEnd);
}

/** Parses a row. Returns undefined if the text is not a row. */
async function parseRow(text: string): Promise<string[] | undefined> {
  const rows: string[][] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      parseString<string[], string[]>(text, { headers: false })
        .on("error", reject)
        .on("data", (row: string[]) => rows.push(row))
        .on("end", () => resolve());
    });
  } catch {
    return undefined;
  }
  return rows.length > 1 ? undefined : (rows[0] ?? []);
}

/** Cuts at line ends that stand outside quotes; each row with its line end. One that is too long comes in pieces. */
async function* rawRows(source: ByteSource, maxRecordBytes: number): AsyncGenerator<Buffer> {
  const endsRow = createRowEndFinder();
  let open: Buffer[] = [];
  let openBytes = 0;
  for await (const piece of source) {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      if (!endsRow(piece[i] ?? 0)) continue;
      yield Buffer.concat([...open, piece.subarray(start, i + 1)]);
      open = [];
      openBytes = 0;
      start = i + 1;
    }
    if (start === piece.length) continue;
    open.push(piece.subarray(start));
    openBytes += piece.length - start;
    if (openBytes > maxRecordBytes) {
      const { head, rest } = cutBetweenWords(Buffer.concat(open));
      yield head;
      open = [rest];
      openBytes = rest.length;
    }
  }
  if (openBytes > 0) yield Buffer.concat(open);
}
