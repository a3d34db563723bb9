import type { Queryable } from "../pool.js";

/** What waits for a person's look, beside requests. */
export interface OpenDecisions {
  readonly questions: number;
  readonly findings: number;
}

/** Counts the questions that are not decided, and the places where others' records mention erased people. */
export async function countOpenDecisions(db: Queryable): Promise<OpenDecisions> {
  const { rows } = await db.query<OpenDecisions>(
    `select (select count(*) from privacy.questions where decided_at is null) as questions,
            (select count(*) from privacy.review_findings) as findings`,
  );
  return rows[0] ?? { questions: 0, findings: 0 };
}
