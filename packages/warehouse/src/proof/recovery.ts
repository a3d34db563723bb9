import type { Checkpoint, LogEntry } from "@lethe/contracts/proof";
import { inTransaction, type Pool } from "../pool.js";
import { readCheckpoints, readLog } from "./read-log.js";

/** A row of a table as JSON, by its columns. */
type Row = Readonly<Record<string, unknown>>;

/**
 * What brings a restored database to the state that receipts promise: the log, in which every suppression stands, and whose
 * erasures its receipts are. It names people by keyed hashes and pseudonyms.
 */
export interface Recovery {
  readonly version: 1;
  readonly exportedAt: string;
  readonly entries: readonly LogEntry[];
  readonly checkpoints: readonly Checkpoint[];
  /** Rows of `privacy.subjects`. */
  readonly subjects: readonly Row[];
  /** Rows of `warehouse.erasure_requests`. */
  readonly erasures: readonly Row[];
}

/** Reads what a recovery needs, as of one instant. */
export async function readRecovery(pool: Pool): Promise<Recovery> {
  return inTransaction(pool, async (client) => {
    await client.query("set transaction isolation level repeatable read, read only");
    const rowsOf = async (table: string) =>
      (await client.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} t order by id`)).rows.map(
        ({ row }) => row,
      );
    return {
      version: 1,
      exportedAt: new Date().toISOString(),
      entries: await readLog(client),
      checkpoints: await readCheckpoints(client),
      subjects: await rowsOf("privacy.subjects"),
      erasures: await rowsOf("warehouse.erasure_requests"),
    };
  });
}
