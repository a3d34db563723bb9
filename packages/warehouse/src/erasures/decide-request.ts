import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { QuarantineStatus } from "@lethe/contracts/quarantine";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { hasOtherActed, recordAct } from "../access/acts.js";
import { type Client, inTransaction, type Pool } from "../pool.js";

/** Who approves, and whether one is enough. */
export interface Approval {
  /** The caller's name. */
  readonly by: string;
  /** Whether two callers of different names must approve (`LETHE_FOUR_EYES`). */
  readonly fourEyes: boolean;
}

/**
 * Approves an erasure request whose email is not the customer's, and records who did. Returns whether the approval takes
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
    return noteApproval(client, quarantineId, approval);
  });
}

/**
 * Notes an approval of a record in quarantine, which the caller has locked, in its transaction. Returns whether it takes
 * effect; then `approved_at` is set.
 */
export async function noteApproval(client: Client, quarantineId: number, { by, fourEyes }: Approval): Promise<boolean> {
  await recordAct(client, { act: "approved", by, quarantineId });
  if (fourEyes && !(await hasOtherActed(client, "approved", quarantineId, by))) return false;
  await client.query("update ledger.quarantine set approved_at = clock_timestamp() where id = $1", [quarantineId]);
  return true;
}

/**
 * Rejects an erasure request whose email is not the customer's, and masks its payload. The data subject that it named stays
 * recorded beside it, since the request's raw file names them too: an erasure of that person finds the file and masks both.
 * `by` is who rejects it. Throws NotFoundError when there is no such request, and RunStateError when it has been decided.
 */
export async function rejectRequest(
  pool: Pool,
  requests: ErasureRequestsDataset,
  quarantineId: number,
  by: string,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { approved } = await lockOpenMismatch(client, requests.name, quarantineId);
    if (approved) throw new RunStateError(`request ${quarantineId} was approved before`);
    await client.query(
      `update ledger.quarantine
       set status = 'discarded', resolved_at = clock_timestamp(), payload = $2, payload_encoding = 'utf8'
       where id = $1`,
      [quarantineId, JSON.stringify(requests.maskedRecord)],
    );
    await recordAct(client, { act: "rejected", by, quarantineId });
  });
}

/** The dataset of erasure requests, as far as decisions need it. */
export interface ErasureRequestsDataset {
  readonly name: DatasetName;
  /** A request that names nobody. It has the form of a request, so that an erasure can mask it like any other. */
  readonly maskedRecord: unknown;
}

async function lockOpenMismatch(
  client: Client,
  requests: DatasetName,
  quarantineId: number,
): Promise<{ approved: boolean }> {
  const { rows } = await client.query<{ status: QuarantineStatus; reason: RejectReason; approved: boolean }>(
    `select status, reason, approved_at is not null as approved
     from ledger.quarantine where id = $1 and dataset = $2 for update`,
    [quarantineId, requests],
  );
  const request = rows[0];
  if (request?.reason !== "identity_mismatch") {
    throw new NotFoundError(`there is no erasure request ${quarantineId} whose email is not the customer's`);
  }
  if (request.status !== "open") throw new RunStateError(`request ${quarantineId} is ${request.status}`);
  return { approved: request.approved };
}
