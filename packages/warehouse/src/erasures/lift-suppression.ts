import type { ErasureState } from "@lethe/contracts/erasures";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { recordAct } from "../access/acts.js";
import { type Client, inTransaction, type Pool } from "../pool.js";
import { logSuppressionChanges } from "../proof/log-suppressions.js";
import { releaseQuestions } from "./questions.js";

/**
 * Lifts the suppression of a person who was erased and has consented since: new records of theirs are no longer masked. What
 * was masked stays masked, and records that wait for a decision about the person are released. The log keeps `note`, which states the grounds and must not name anybody, and
 * `by`, the caller's name. Throws NotFoundError, and RunStateError for an erasure that is not completed or was lifted before.
 */
export async function liftSuppression(pool: Pool, erasureId: string, note: string, by: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ state: ErasureState }>(
      "select state from warehouse.erasure_requests where id = $1 for update",
      [erasureId],
    );
    const state = rows[0]?.state;
    if (state === undefined) throw new NotFoundError(`there is no erasure ${erasureId}`);
    if (state !== "completed") {
      throw new RunStateError(`erasure ${erasureId} is ${state}; only a completed one can be lifted`);
    }
    await client.query(
      `update privacy.suppressions s set lifted_at = clock_timestamp()
       from warehouse.erasure_requests e where e.id = $1 and s.subject_id = e.subject_id and s.lifted_at is null`,
      [erasureId],
    );
    await client.query("update privacy.suppression_epoch set epoch = epoch + 1");
    await client.query("update warehouse.erasure_requests set state = 'lifted' where id = $1", [erasureId]);
    await client.query("insert into privacy.suppression_log (erasure_id, act, note) values ($1, 'lifted', $2)", [
      erasureId,
      note,
    ]);
    const questions = await openQuestionsOf(client, erasureId);
    await releaseQuestions(client, questions, "lifted");
    await recordAct(client, { act: "lifted", by, erasureId, reason: note });
    await logSuppressionChanges(client, { erasureId, by, note });
  });
}

/** Whose a record is matters no more once the person whose it might be is let in again. */
async function openQuestionsOf(client: Client, erasureId: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select q.id from privacy.questions q join warehouse.erasure_requests e on e.subject_id = q.subject_id
     where e.id = $1 and q.decided_at is null`,
    [erasureId],
  );
  return rows.map(({ id }) => id);
}
