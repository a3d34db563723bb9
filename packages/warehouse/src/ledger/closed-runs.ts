import { isActive, type RunState } from "@lethe/contracts/runs";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";

/**
 * Calls `work` for a run that is closed, or that the ledger does not know, with the paths in landing of the files that are its
 * own still: they are loaded and wait to be archived. Nobody can reopen the run meanwhile. Does nothing for an active run.
 */
export async function whileClosed(
  pool: Pool,
  runId: string,
  work: (client: Client, held: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ state: RunState }>("select state from ledger.runs where id = $1 for share", [
      runId,
    ]);
    if (rows[0] !== undefined && isActive(rows[0].state)) return;
    await work(client, await heldPaths(client, runId));
  });
}

/** Returns the paths in landing of the files that a run has open. */
export async function heldPaths(db: Queryable, runId: string): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ path: string }>(
    "select path from ledger.files where run_id = $1 and state = 'open'",
    [runId],
  );
  return new Set(rows.map(({ path }) => path));
}
