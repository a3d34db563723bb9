import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { QuarantineStatus } from "@lethe/contracts/quarantine";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { type Client, inTransaction, type Pool } from "../pool.js";

/**
 * Notes that a person has looked at an erasure request whose email is not the customer's, and wants it done. The next
 * replay of erasure requests takes it: the caller opens one (without a filter); where one is open, its end opens the
 * next. Throws NotFoundError when there is no such request, RunStateError when it waits for no decision any more.
 */
export async function approveRequest(pool: Pool, requests: DatasetName, quarantineId: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockOpenMismatch(client, requests, quarantineId);
    await client.query(
      "update ledger.quarantine set approved_at = coalesce(approved_at, clock_timestamp()) where id = $1",
      [quarantineId],
    );
  });
}

/**
 * Turns down an erasure request whose email is not the customer's: it stays out, and what it held is masked. Whom it
 * named is kept beside it, since the request's raw file names them too: an erasure of theirs finds that file, and masks
 * both. Throws NotFoundError when there is no such request, RunStateError when it waits for no decision any more.
 */
export async function rejectRequest(pool: Pool, requests: ErasureRequestsDataset, quarantineId: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { approved } = await lockOpenMismatch(client, requests.name, quarantineId);
    if (approved) throw new RunStateError(`request ${quarantineId} was approved before`);
    await client.query(
      `update ledger.quarantine
       set status = 'discarded', resolved_at = clock_timestamp(), payload = $2, payload_encoding = 'utf8'
       where id = $1`,
      [quarantineId, JSON.stringify(requests.maskedRecord)],
    );
  });
}

/** The dataset of erasure requests, as far as decisions need it. */
export interface ErasureRequestsDataset {
  readonly name: DatasetName;
  /** A request that names nobody: still one in form, so that an erasure can go over it as over any other. */
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
