import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { QuarantineStatus } from "@lethe/contracts/quarantine";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { type Client, inTransaction, type Pool } from "../pool.js";

/**
 * Approves an erasure request whose email is not the customer's. The next replay of erasure requests takes it. The caller
 * opens that replay, without a filter; when one is active already, its end opens the next. Throws NotFoundError when there is
 * no such request, and RunStateError when it has been decided.
 */
export async function approveRequest(pool: Pool, quarantineId: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockOpenMismatch(client, quarantineId);
    await client.query(
      "update ledger.quarantine set approved_at = coalesce(approved_at, clock_timestamp()) where id = $1",
      [quarantineId],
    );
  });
}

/**
 * Rejects an erasure request whose email is not the customer's, and masks its payload. The data subject that it named stays
 * recorded beside it, since the request's raw file names them too: an erasure of that person finds the file and masks both.
 * Throws NotFoundError when there is no such request, and RunStateError when it has been decided.
 */
export async function rejectRequest(pool: Pool, quarantineId: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { approved } = await lockOpenMismatch(client, quarantineId);
    if (approved) throw new RunStateError(`request ${quarantineId} was approved before`);
    await client.query(
      `update ledger.quarantine
       set status = 'discarded', resolved_at = clock_timestamp(), payload = $2, payload_encoding = 'utf8'
       where id = $1`,
      [quarantineId, MASKED_REQUEST],
    );
  });
}

/** Has the form of a request, so that an erasure can mask it like any other. */
const MASKED_REQUEST = JSON.stringify({ "customer-id": null, email: null });

async function lockOpenMismatch(client: Client, quarantineId: number): Promise<{ approved: boolean }> {
  const { rows } = await client.query<{ status: QuarantineStatus; reason: RejectReason; approved: boolean }>(
    `select status, reason, approved_at is not null as approved
     from ledger.quarantine where id = $1 and dataset = 'erasure-requests' for update`,
    [quarantineId],
  );
  const request = rows[0];
  if (request?.reason !== "identity_mismatch") {
    throw new NotFoundError(`there is no erasure request ${quarantineId} whose email is not the customer's`);
  }
  if (request.status !== "open") throw new RunStateError(`request ${quarantineId} is ${request.status}`);
  return { approved: request.approved };
}
