import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { from as copyFrom } from "pg-copy-streams";
import type { Client } from "./pool.js";

/**
 * Streams rows in COPY text format into a table and returns their number. `table` and `columns` become part of the
 * statement, so they must be constants of the code.
 */
export async function copyIn(
  client: Client,
  table: string,
  columns: readonly string[],
  rows: Readable,
): Promise<number> {
  const stream = client.query(copyFrom(`copy ${table} (${columns.join(", ")}) from stdin`));
  await pipeline(rows, stream);
  return stream.rowCount;
}
