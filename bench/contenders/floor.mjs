import { createReadStream, createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/** In the order of their foreign keys. */
const TABLES = ["transactions", "delivery_addresses", "purchases"];
const CHUNK_BYTES = 1024 * 1024;

/** Writes the three tables, as a load has left them, to files in PostgreSQL's own format: rows that are clean already. */
export async function dumpTables(client, folder) {
  for (const table of TABLES) {
    // Flushed, so that the next contender does not share the disk with what is still to be written.
    const file = createWriteStream(fileOf(folder, table), { flush: true });
    await pipeline(client.query(copyTo(`copy warehouse.${table} to stdout`)), file);
  }
}

/**
 * Contender 1, the floor: copies the clean rows into the same tables with the same keys and constraints, in one transaction
 * on one connection. Returns the seconds until it has committed.
 */
export async function loadDump(client, folder) {
  const startedAt = performance.now();
  await client.query("begin");
  for (const table of TABLES) {
    const file = createReadStream(fileOf(folder, table), { highWaterMark: CHUNK_BYTES });
    await pipeline(file, client.query(copyFrom(`copy warehouse.${table} from stdin`)));
  }
  await client.query("commit");
  return { seconds: (performance.now() - startedAt) / 1_000 };
}

function fileOf(folder, table) {
  return path.join(folder, `${table}.copy`);
}
