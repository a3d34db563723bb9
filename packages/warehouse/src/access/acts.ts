import type { Queryable } from "../pool.js";

/** What people decide about somebody's data. */
export type ActName =
  | "approved"
  | "rejected"
  | "refused"
  | "extended"
  | "lifted"
  | "decided"
  | "exported"
  | "restricted"
  | "released";

/** A decision, for the record. None of its texts names a person. */
export interface Act {
  readonly act: ActName;
  /** The caller's name: see `Caller` in `@lethe/contracts/roles`. */
  readonly by: string;
  /** The record in quarantine that was decided on. */
  readonly quarantineId?: number;
  readonly erasureId?: string;
  readonly reason?: string;
}

/** Records who decided what. Call it in the transaction of the decision, so that there is no decision without a name. */
export async function recordAct(db: Queryable, { act, by, quarantineId, erasureId, reason }: Act): Promise<void> {
  await db.query(
    "insert into privacy.acts (act, acted_by, quarantine_id, erasure_id, reason) values ($1, $2, $3, $4, $5)",
    [act, by, quarantineId ?? null, erasureId ?? null, reason ?? null],
  );
}

/** Reports whether anybody but `by` has taken this act on a record in quarantine before. */
export async function hasOtherActed(db: Queryable, act: ActName, quarantineId: number, by: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    "select exists (select from privacy.acts where act = $1 and quarantine_id = $2 and acted_by <> $3) as found",
    [act, quarantineId, by],
  );
  return rows[0]?.found === true;
}
