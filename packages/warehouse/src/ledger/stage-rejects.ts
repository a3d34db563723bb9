import type { Readable } from "node:stream";
import { QUARANTINE_ROW_COLUMNS } from "@lethe/contracts/quarantine-row";
import type { QuestionKind } from "@lethe/contracts/questions";
import { copyIn } from "../copy-in.js";
import type { Client } from "../pool.js";

const COLUMNS = Object.values(QUARANTINE_ROW_COLUMNS);
const NAMES = COLUMNS.map(([name]) => name);
/** The columns of `ledger.quarantine` itself, whose own id a replay's rows refer to. */
const LEDGER_NAMES = NAMES.filter((name) => name !== "quarantine_id").join(", ");

/** Creates the temporary table of rejects, which is empty at the start of each transaction. */
export async function createRejectStage(client: Client): Promise<void> {
  const columns = COLUMNS.map(([name, type]) => `${name} ${type}`).join(", ");
  await client.query(`create temp table if not exists stage_quarantine (${columns}) on commit delete rows`);
}

/** Copies rejects, rows of COPY text format, into the temporary table; returns their number. */
export async function stageRejects(client: Client, rejects: Readable): Promise<number> {
  return copyIn(client, "stage_quarantine", NAMES, rejects);
}

/** A staged record that is held for a question that is not open yet. */
export interface NewQuestionRow {
  readonly question: QuestionKind;
  /** The erased subject. */
  readonly subjectId: string;
  readonly customerId: string | null;
  readonly email: string | null;
  readonly payload: string;
}

/** Returns the staged records that are held for questions that are not open yet. */
export async function readNewQuestions(client: Client): Promise<NewQuestionRow[]> {
  const { rows } = await client.query<NewQuestionRow>(
    `select question, held_for as "subjectId", subject_customer_id as "customerId", subject_email as email, payload
     from stage_quarantine where reason = 'held' and question is not null`,
  );
  return rows;
}

/** Notes which question holds the staged records that raise it. */
export async function assignQuestions(
  client: Client,
  questions: readonly {
    readonly id: string;
    readonly question: QuestionKind;
    readonly subjectId: string;
    readonly customerId: string;
  }[],
): Promise<void> {
  await client.query(
    `update stage_quarantine s set held_for = opened.id
     from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) as opened (id, question, subject_id, customer_id)
     where s.reason = 'held' and s.question = opened.question and s.held_for = opened.subject_id
       and s.subject_customer_id = opened.customer_id`,
    [
      questions.map(({ id }) => id),
      questions.map(({ question }) => question),
      questions.map(({ subjectId }) => subjectId),
      questions.map(({ customerId }) => customerId),
    ],
  );
}

/** Inserts the staged rejects into quarantine. */
export async function quarantineRejects(client: Client): Promise<void> {
  await client.query(`insert into ledger.quarantine (${LEDGER_NAMES}) select ${LEDGER_NAMES} from stage_quarantine`);
}

/**
 * Ends a replay of quarantined records: one that was rejected again stays open with its newest reason, every other one is
 * resolved.
 */
export async function resolveReplayed(client: Client, quarantineIds: readonly number[]): Promise<void> {
  await client.query(
    `update ledger.quarantine q
     set reason = s.reason, pointer = s.pointer, message = s.message, missing_key = s.missing_key, payload = s.payload,
         payload_encoding = s.payload_encoding, subject_customer_id = s.subject_customer_id,
         subject_email = s.subject_email, question = s.question, held_for = s.held_for,
         approved_at = case when s.reason = 'held' or q.corrects is not null then null else q.approved_at end
     from stage_quarantine s
     where q.id = s.quarantine_id and q.status = 'open'`,
  );
  await client.query(
    `update ledger.quarantine set status = 'replayed', resolved_at = clock_timestamp()
     where id = any ($1) and status = 'open'
       and id not in (select quarantine_id from stage_quarantine where quarantine_id is not null)`,
    [quarantineIds],
  );
}
