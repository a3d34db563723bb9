import { parseString, writeToString } from "fast-csv";
import type { ByteSource } from "./line-chunk.js";
import type { RewriteRow } from "./rewrite.js";

const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** Gives a CSV file's bytes with some of its rows replaced; the header and all other rows stay as they were. */
export async function* rewriteCsv(source: ByteSource, rewrite: RewriteRow): AsyncGenerator<Buffer> {
  let header: string[] | undefined;
  for await (const row of rawRows(source)) {
    const fields = await parseRow(row.toString("utf8"));
    if (header === undefined || fields.length === 0) {
      header ??= fields.length === 0 ? undefined : fields.map((name) => name.replace(/^\ufeff/, ""));
      yield row;
      continue;
    }
    const names = header;
    const replacement = rewrite(Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ""])));
    yield replacement === undefined
      ? row
      : Buffer.from(
          await writeToString([names.map((name) => replacement[name] ?? "")], { includeEndRowDelimiter: true }),
        );
  }
}

async function parseRow(text: string): Promise<string[]> {
  const rows: string[][] = [];
  await new Promise<void>((resolve, reject) => {
    parseString<string[], string[]>(text, { headers: false })
      .on("error", reject)
      .on("data", (row: string[]) => rows.push(row))
      .on("end", () => resolve());
  });
  return rows[0] ?? [];
}

/** Cuts at line ends that stand outside quotes; each row with its line end. */
async function* rawRows(source: ByteSource): AsyncGenerator<Buffer> {
  let open: Buffer[] = [];
  let quoted = false;
  for await (const piece of source) {
    let start = 0;
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i];
      // A doubled quote inside quotes switches twice and so stands for itself.
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === NEWLINE && !quoted) {
        yield Buffer.concat([...open, piece.subarray(start, i + 1)]);
        open = [];
        start = i + 1;
      }
    }
    if (start < piece.length) open.push(piece.subarray(start));
  }
  if (open.length > 0) yield Buffer.concat(open);
}
