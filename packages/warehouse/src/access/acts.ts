import type { Client, Queryable } from "../pool.js";
import { appendToLog } from "../proof/append-to-log.js";

/** What people decide about somebody's data, and which looks at it are recorded. */
export type ActName =
  | "approved"
  | "rejected"
  | "refused"
  | "extended"
  | "lifted"
  | "decided"
  | "exported"
  | "restricted"
  | "released"
  | "traced"
  | "viewed"
  | "corrected"
  | "discarded";

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

/**
 * Records who decided what, in the table of acts and in the log that is signed. Call it in the transaction of the decision, so
 * that there is no decision without a name, and near its end: see `appendToLog`.
 */
export async function recordAct(client: Client, { act, by, quarantineId, erasureId, reason }: Act): Promise<void> {
  await client.query(
    "insert into privacy.acts (act, acted_by, quarantine_id, erasure_id, reason) values ($1, $2, $3, $4, $5)",
    [act, by, quarantineId ?? null, erasureId ?? null, reason ?? null],
  );
  const kind = act === "restricted" || act === "released" ? "restriction" : "decision";
  await appendToLog(client, { kind, body: { act, by, quarantineId, erasureId, reason } });
}

/** Records one act on many records in quarantine, as `recordAct` does: in the signed log it is one entry, which counts them. */
export async function recordActOnMany(
  client: Client,
  { act, by, quarantineIds, reason }: Omit<Act, "quarantineId"> & { readonly quarantineIds: readonly number[] },
): Promise<void> {
  await client.query(
    "insert into privacy.acts (act, acted_by, quarantine_id, reason) select $1, $2, id, $3 from unnest($4::bigint[]) as acted (id)",
    [act, by, reason ?? null, quarantineIds],
  );
  await appendToLog(client, { kind: "decision", body: { act, by, records: quarantineIds.length, reason } });
}

/** Reports whether anybody but `by` has taken this act on a record in quarantine before. */
export async function hasOtherActed(db: Queryable, act: ActName, quarantineId: number, by: string): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(
    "select exists (select from privacy.acts where act = $1 and quarantine_id = $2 and acted_by <> $3) as found",
    [act, quarantineId, by],
  );
  return rows[0]?.found === true;
}
