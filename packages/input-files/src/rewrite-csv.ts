import { writeToString } from "fast-csv";
import { uniqueNames } from "./csv-header.js";
import { OWN_HEADER_MARKS } from "./csv-lines.js";
import { csvRows, PLAIN_SYNTAX, utf8Of } from "./csv-rows.js";
import type { ByteSource } from "./line-chunk.js";
import { type Rewrite, rewriteBytes } from "./rewrite.js";

const NO_MARKS = Buffer.alloc(0);

/**
 * Yields a CSV file's bytes with some of its rows, and of the names in its header, replaced; the rest stays as it was. Rows end
 * where the reader sees them end. A row that is bad, or has other than the header's number of fields, is rewritten as text.
 */
export async function* rewriteCsv(
  source: ByteSource,
  rewrite: Rewrite,
  maxRecordBytes: number,
): AsyncGenerator<Buffer> {
  let header: readonly string[] | undefined;
  let unchanged = "";
  for await (const rows of csvRows(source, { ...PLAIN_SYNTAX, maxRecordBytes, cutsLong: true })) {
    for (const { raw, fields: cells, problem } of rows) {
      let replaced: Buffer | undefined;
      if (problem !== undefined || (header !== undefined && cells.length > 0 && cells.length !== header.length)) {
        replaced = rewriteBytes(Buffer.from(raw, "latin1"), rewrite.json);
      } else if (header === undefined && cells.length > 0) {
        const names = cells.map(utf8Of);
        header = uniqueNames(names);
        const replacement = rewrite.header?.(names);
        const marks = raw.startsWith(OWN_HEADER_MARKS.toString("latin1")) ? OWN_HEADER_MARKS : NO_MARKS;
        replaced = replacement && Buffer.concat([marks, await formatRow(replacement, raw)]);
      } else if (header !== undefined && cells.length > 0) {
        const replacement = rewrite.csv(Object.fromEntries(header.map((name, i) => [name, utf8Of(cells[i] ?? "")])));
        replaced =
          replacement &&
          (await formatRow(
            header.map((name) => replacement[name] ?? ""),
            raw,
          ));
      }
      if (replaced === undefined) unchanged += raw;
      else {
        yield Buffer.from(unchanged, "latin1");
        yield replaced;
        unchanged = "";
      }
    }
    yield Buffer.from(unchanged, "latin1");
    unchanged = "";
  }
}

/** Writes a row in the place of another, with that one's line end. */
async function formatRow(values: readonly string[], raw: string): Promise<Buffer> {
  const text = await writeToString([[...values]]);
  const [lineEnd = ""] = /(?:\r?\n|\r)?$/.exec(raw) ?? [];
  return Buffer.from(text + lineEnd);
}
