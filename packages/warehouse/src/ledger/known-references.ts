import { InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import type { Queryable } from "../pool.js";

/**
 * Checks a list's cursor, after a page came back empty: nothing follows one that was never given, which must not look like the end.
 * `known` is trusted SQL that is true of `$1` if the list may have given it. Throws InvalidInputError.
 */
export async function requireCursor(db: Queryable, cursor: string | number, known: string): Promise<void> {
  const { rows } = await db.query<{ known: boolean }>(`select ${known} as known`, [cursor]);
  if (rows[0]?.known === true) return;
  throw unknownCursor();
}

/** Creates the error of a cursor that a list never gave. */
export function unknownCursor(): InvalidInputError {
  return new InvalidInputError("the cursor is none that this list has given; begin again without one");
}

/** Checks that a run exists by which a list was filtered, after a page came back empty. Throws NotFoundError. */
export async function requireRun(db: Queryable, runId: string): Promise<void> {
  const { rowCount } = await db.query("select from ledger.runs where id = $1", [runId]);
  if (rowCount === 0) throw new NotFoundError(`there is no run ${runId}`);
}
