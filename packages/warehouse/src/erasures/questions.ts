import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { Question, QuestionDecision, QuestionKind } from "@lethe/contracts/questions";
import { recordAct } from "../access/acts.js";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";
import { logSuppressionChanges } from "../proof/log-suppressions.js";
import { addSuppressions, lockSuppressions, type NewSuppression, raiseEpoch } from "../suppress-subjects.js";

export interface NewQuestion {
  /** The caller has made it, and added the subject of this id. */
  readonly id: string;
  readonly kind: QuestionKind;
  /** The erased subject whose identifier a record bears, and the identifier's keyed hash; null for a request's question. */
  readonly subjectId: string | null;
  readonly key: Buffer | null;
}

/** Adds open questions; one that is there stays. */
export async function addQuestions(client: Client, questions: readonly NewQuestion[]): Promise<void> {
  await client.query(
    `insert into privacy.questions (id, kind, subject_id, key)
     select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bytea[]) on conflict do nothing`,
    [
      questions.map(({ id }) => id),
      questions.map(({ kind }) => kind),
      questions.map(({ subjectId }) => subjectId),
      questions.map(({ key }) => key),
    ],
  );
}

/** Returns the open questions, oldest first, `limit` of them at most. `requests` is the dataset of erasure requests. */
export async function listQuestions(db: Queryable, requests: DatasetName, limit: number): Promise<Question[]> {
  const { rows } = await db.query<QuestionRow>(
    `${SELECT_QUESTION} where d.decided_at is null order by d.opened_at, d.id limit $2`,
    [requests, limit],
  );
  return rows.map(toQuestion);
}

/** A record that a question holds, with the identifiers that it is filed under. It is personal data. */
export interface HeldRecord {
  readonly id: number;
  readonly dataset: DatasetName;
  readonly customerId: string | null;
  readonly email: string | null;
  /** Null where it is no text. */
  readonly payload: string | null;
}

/** An open question, the erased subject that it is about, and the records that it holds, the oldest `limit` of them. */
export interface OpenQuestionDetail {
  readonly question: Question;
  /** Null for the question of a request. */
  readonly subjectId: string | null;
  readonly held: readonly HeldRecord[];
}

/** Returns an open question with the records that it holds. Throws NotFoundError. */
export async function readQuestion(
  db: Queryable,
  requests: DatasetName,
  id: string,
  limit: number,
): Promise<OpenQuestionDetail> {
  const { rows } = await db.query<QuestionRow & { subjectId: string | null }>(
    `${SELECT_QUESTION} where d.id = $2 and d.decided_at is null`,
    [requests, id],
  );
  if (rows[0] === undefined) throw new NotFoundError(`there is no open question ${id}`);
  const { subjectId, ...question } = rows[0];
  const held = await db.query<HeldRecord>(
    `select id, dataset, subject_customer_id as "customerId", subject_email as email,
            case when payload_encoding = 'utf8' then payload end as payload
     from ledger.quarantine where held_for = $1 and reason = 'held' and status = 'open' order by id limit $2`,
    [id, limit],
  );
  return { question: toQuestion(question), subjectId, held: held.rows };
}

type QuestionRow = Omit<Question, "openedAt"> & { readonly openedAt: Date };

const SELECT_QUESTION = `
  select d.id, d.kind, d.opened_at as "openedAt", d.subject_id as "subjectId",
         (select min(q.id) from ledger.quarantine q
          where q.held_for = d.id and q.dataset = $1 and q.status = 'open') as "requestId",
         (select count(*)::integer from ledger.quarantine q
          where q.held_for = d.id and q.reason = 'held' and q.status = 'open') as "heldRecords"
  from privacy.questions d`;

function toQuestion({ id, kind, requestId, heldRecords, openedAt }: QuestionRow): Question {
  return { id, kind, requestId, heldRecords, openedAt: openedAt.toISOString() };
}

/** Who decides, and on what ground. The note names a case, not a person. */
export interface Ruling {
  readonly by: string;
  readonly note: string;
}

/**
 * Decides whose the records are that a question holds, and releases them: the next replays take them. The caller opens those.
 * Throws NotFoundError, and RunStateError when it has been decided, or when it is about a request, which is approved or rejected.
 */
export async function decideQuestion(
  pool: Pool,
  questionId: string,
  decision: QuestionDecision,
  { by, note }: Ruling,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockSuppressions(client);
    const { rows } = await client.query<OpenQuestion>(
      `select kind, subject_id as "subjectId", key, decided_at is not null as "isDecided"
       from privacy.questions where id = $1 for update`,
      [questionId],
    );
    const question = rows[0];
    if (question === undefined) throw new NotFoundError(`there is no question ${questionId}`);
    const { kind, subjectId, key, isDecided } = question;
    if (isDecided) throw new RunStateError(`question ${questionId} has been decided`);
    if (subjectId === null || key === null) {
      throw new RunStateError(`question ${questionId} is about a request: approve or reject that`);
    }
    if (decision === "same_person") await joinQuestion(client, questionId, subjectId);
    else await shareIdentifier(client, subjectId, kind === "reused_id" ? "customer-id" : "email", key);
    await releaseQuestions(client, [questionId], decision);
    await raiseEpoch(client);
    await recordAct(client, { act: "decided", by, reason: `question ${questionId}: ${decision}: ${note}` });
    await logSuppressionChanges(client, { question: questionId, decision, by });
  });
}

interface OpenQuestion {
  kind: QuestionKind;
  subjectId: string | null;
  key: Buffer | null;
  isDecided: boolean;
}

/** What a question's records bear is the erased subject's from now on. */
async function joinQuestion(client: Client, questionId: string, subjectId: string): Promise<void> {
  const { rows } = await client.query<Pick<NewSuppression, "kind" | "key" | "keyId">>(
    `select kind, key, key_id as "keyId" from privacy.suppressions
     where subject_id = $1 and act = 'question' and lifted_at is null`,
    [questionId],
  );
  await addSuppressions(
    client,
    rows.map((row) => ({ ...row, subjectId, act: "erase" })),
  );
}

/** Somebody else has the identifier, too: by itself it says nothing of the erased subject any more. */
async function shareIdentifier(client: Client, subjectId: string, kind: NewSuppression["kind"], key: Buffer) {
  const { rows } = await client.query<{ keyId: string }>(
    `update privacy.suppressions set lifted_at = clock_timestamp()
     where subject_id = $1 and act = 'erase' and kind = $2 and key = $3 and lifted_at is null
     returning key_id as "keyId"`,
    [subjectId, kind, key],
  );
  await addSuppressions(
    client,
    rows.map(({ keyId }) => ({ subjectId, act: "release", kind, key, keyId })),
  );
}

/**
 * Closes questions and releases the records that they hold. The caller holds the suppression list's lock (so no load adds a
 * record to them any more), raises the epoch, and logs what was lifted.
 */
export async function releaseQuestions(client: Client, ids: readonly string[], decision: string): Promise<void> {
  await client.query(
    `update privacy.suppressions set lifted_at = clock_timestamp()
     where subject_id = any ($1) and act = 'question' and lifted_at is null`,
    [ids],
  );
  await client.query(
    `update privacy.questions set decided_at = clock_timestamp(), decision = $2
     where id = any ($1) and decided_at is null`,
    [ids, decision],
  );
  await client.query(
    `update ledger.quarantine set approved_at = clock_timestamp()
     where held_for = any ($1) and reason = 'held' and status = 'open' and approved_at is null`,
    [ids],
  );
}

/** Returns the open questions of requests of which none is open any more: those requests were masked. */
export async function mootQuestions(db: Queryable, requests: DatasetName): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from privacy.questions d
     where decided_at is null and subject_id is null
       and exists (select from ledger.quarantine q where q.held_for = d.id and q.dataset = $1)
       and not exists (select from ledger.quarantine q
                       where q.held_for = d.id and q.dataset = $1 and q.status = 'open')`,
    [requests],
  );
  return rows.map(({ id }) => id);
}

/** SQL condition on quarantine row `q`: it was held, and a decision has released it; or it is a correction that no replay has tried. */
export const IS_RELEASED = "q.approved_at is not null and (q.reason = 'held' or q.corrects is not null)";
