import type { ReviewFinding } from "@lethe/contracts/erasures";
import type { Queryable } from "../pool.js";
import { readErasure } from "./read-erasures.js";

export type NewReviewFinding = Omit<ReviewFinding, "id" | "createdAt">;

/** Records places where others' records mention erased people. What is found again, counts once. */
export async function recordReviewFindings(db: Queryable, findings: readonly NewReviewFinding[]): Promise<void> {
  if (findings.length === 0) return;
  await db.query(
    `insert into privacy.review_findings (erasure_id, kind, place, name, pointer, line, records)
     select "erasureId", kind, place, name, pointer, line, records
     from jsonb_to_recordset($1::jsonb) as f ("erasureId" uuid, kind text, place text, name text, pointer text,
                                              line bigint, records integer)
     on conflict (erasure_id, kind, place, name, pointer) do update
     set records = excluded.records, line = excluded.line`,
    [JSON.stringify(findings)],
  );
}

/** Returns the places that a person has to look at, of one erasure or of all, oldest first. Throws NotFoundError for an unknown one. */
export async function listReviewFindings(
  db: Queryable,
  erasureId: string | undefined,
  limit: number,
): Promise<ReviewFinding[]> {
  const { rows } = await db.query<Omit<ReviewFinding, "createdAt"> & { createdAt: Date }>(
    `select id, erasure_id as "erasureId", kind, place, name, pointer, line, records, created_at as "createdAt"
     from privacy.review_findings where $1::uuid is null or erasure_id = $1 order by id limit $2`,
    [erasureId ?? null, limit],
  );
  if (rows.length === 0 && erasureId !== undefined) await readErasure(db, erasureId);
  return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
}
