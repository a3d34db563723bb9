import type { Queryable } from "../pool.js";
import { runIsActive } from "./states.js";

/** Returns which of these runs the ledger knows, and of each whether it is active. Takes any texts for ids. */
export async function readKnownRuns(db: Queryable, runIds: readonly string[]): Promise<Map<string, boolean>> {
  const { rows } = await db.query<{ id: string; isActive: boolean }>(
    `select id, ${runIsActive()} as "isActive" from ledger.runs where id::text = any ($1)`,
    [runIds],
  );
  return new Map(rows.map(({ id, isActive }) => [id, isActive]));
}
