import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { QuarantineStatus } from "@lethe/contracts/quarantine";
import type { RequestSubject } from "@lethe/contracts/questions";
import { REJECT_REASONS, type RejectReason } from "@lethe/contracts/reject-reasons";
import { hasOtherActed, recordAct } from "../access/acts.js";
import { type Client, inTransaction, type Pool } from "../pool.js";
import { logSuppressionChanges } from "../proof/log-suppressions.js";
import { lockSuppressions, raiseEpoch } from "../suppress-subjects.js";
import { releaseQuestions } from "./questions.js";

/** Who approves, and whether one is enough. */
export interface Approval {
  /** The caller's name. */
  readonly by: string;
  /** Whether two callers of different names must approve (`LETHE_FOUR_EYES`). */
  readonly fourEyes: boolean;
  /** Whose data the request erases; where it is not said, that follows from the question. The last approval counts. */
  readonly subject?: RequestSubject | undefined;
}

/**
 * Approves an erasure request about which a person must decide, and records who did. Returns whether the approval takes
 * effect: with `fourEyes` that is the second one, by another name. The next replay of erasure requests then takes the request.
 * The caller opens that replay, without a filter; when one is active already, its end opens the next. Throws NotFoundError when
 * there is no such request, and RunStateError when it has been decided.
 */
export async function approveRequest(
  pool: Pool,
  requests: DatasetName,
  quarantineId: number,
  approval: Approval,
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const { approved } = await lockOpenMismatch(client, requests, quarantineId);
    if (approved) return true;
    await client.query("update ledger.quarantine set approved_subject = $2 where id = $1", [
      quarantineId,
      approval.subject ?? null,
    ]);
    return noteApproval(client, quarantineId, approval);
  });
}

/**
 * Notes an approval of a record in quarantine, which the caller has locked, in its transaction. Returns whether it takes
 * effect; then `approved_at` is set.
 */
async function noteApproval(client: Client, quarantineId: number, { by, fourEyes }: Approval): Promise<boolean> {
  await recordAct(client, { act: "approved", by, quarantineId });
  if (fourEyes && !(await hasOtherActed(client, "approved", quarantineId, by))) return false;
  await client.query("update ledger.quarantine set approved_at = clock_timestamp() where id = $1", [quarantineId]);
  return true;
}

/** Who refuses a request, and on what ground. */
export interface Refusal {
  /** The caller's name. */
  readonly by: string;
  /** It is kept as it is, and must not name anybody. Without one, why the request was set aside is the reason. */
  readonly reason?: string | undefined;
}

/**
 * Refuses an erasure request that is not taken (GDPR Art. 12(4)): one about which a person must decide, or that is malformed,
 * unreadable, or masked. Masks its payload, and releases the records that were held for it, unless another request holds
 * them, too; the caller opens their replays. The data subject that it named stays recorded beside it, since the request's raw
 * file names them too: an erasure of that person finds the file and masks both. Throws NotFoundError when there is no such
 * request, and RunStateError when it has been decided.
 */
export async function rejectRequest(
  pool: Pool,
  requests: ErasureRequestsDataset,
  quarantineId: number,
  { by, reason }: Refusal,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // No load adds a record that is held from here on.
    await lockSuppressions(client);
    const request = await lockUndecided(client, requests.name, quarantineId);
    if (request.approved) throw new RunStateError(`request ${quarantineId} was approved before`);
    // What an erasure has masked stays erased.
    if (request.status === "open") {
      await client.query(
        `update ledger.quarantine
         set status = 'discarded', resolved_at = clock_timestamp(),
             payload = case when payload is null then null else $2 end, payload_encoding = 'utf8'
         where id = $1`,
        [quarantineId, JSON.stringify(requests.maskedRecord)],
      );
    }
    const answered = await answeredQuestion(client, requests.name, request.questionId);
    if (answered.length > 0) {
      await releaseQuestions(client, answered, "rejected");
      await raiseEpoch(client);
    }
    await recordAct(client, { act: "rejected", by, quarantineId, reason: reason ?? REJECT_REASONS[request.reason] });
    await logSuppressionChanges(client, { quarantineId, by });
  });
}

/** The dataset of erasure requests, as far as decisions need it. */
export interface ErasureRequestsDataset {
  readonly name: DatasetName;
  /** A request that names nobody. It has the form of a request, so that an erasure can mask it like any other. */
  readonly maskedRecord: unknown;
}

/** Returns the question of a request that was rejected, as a list; an empty one when a further request asks it. */
async function answeredQuestion(
  client: Client,
  requests: DatasetName,
  questionId: string | null,
): Promise<readonly string[]> {
  if (questionId === null) return [];
  const { rows } = await client.query(
    "select from ledger.quarantine where held_for = $1 and dataset = $2 and status = 'open' limit 1",
    [questionId, requests],
  );
  return rows.length > 0 ? [] : [questionId];
}

interface UndecidedRequest {
  readonly status: QuarantineStatus;
  readonly reason: RejectReason;
  readonly approved: boolean;
  readonly questionId: string | null;
}

async function lockOpenMismatch(
  client: Client,
  requests: DatasetName,
  quarantineId: number,
): Promise<UndecidedRequest> {
  const request = await lockRequest(client, requests, quarantineId);
  if (request?.reason !== "identity_mismatch") {
    throw new NotFoundError(`there is no erasure request ${quarantineId} that waits for a decision`);
  }
  if (request.status !== "open") throw new RunStateError(`request ${quarantineId} is ${request.status}`);
  return request;
}

async function lockUndecided(client: Client, requests: DatasetName, quarantineId: number): Promise<UndecidedRequest> {
  const request = await lockRequest(client, requests, quarantineId);
  // The first of two equal requests is answered for both.
  if (request === undefined || request.reason === "duplicate") {
    throw new NotFoundError(`there is no erasure request ${quarantineId} that waits for a decision`);
  }
  if (request.status !== "open" && (request.status !== "erased" || (await wasRejected(client, quarantineId)))) {
    throw new RunStateError(`request ${quarantineId} is ${request.status}`);
  }
  return request;
}

async function lockRequest(
  client: Client,
  requests: DatasetName,
  quarantineId: number,
): Promise<UndecidedRequest | undefined> {
  const { rows } = await client.query<UndecidedRequest>(
    `select status, reason, approved_at is not null as approved, held_for as "questionId"
     from ledger.quarantine where id = $1 and dataset = $2 for update`,
    [quarantineId, requests],
  );
  return rows[0];
}

async function wasRejected(client: Client, quarantineId: number): Promise<boolean> {
  const { rows } = await client.query("select from privacy.acts where quarantine_id = $1 and act = 'rejected'", [
    quarantineId,
  ]);
  return rows.length > 0;
}
