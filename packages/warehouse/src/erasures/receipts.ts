import type { Receipt, ReceiptBody } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import type { LogEntry } from "@lethe/contracts/proof";
import { inTransaction, type Pool, type Queryable } from "../pool.js";
import { appendToLog } from "../proof/append-to-log.js";
import { hashContent } from "../proof/hash-entry.js";
import { readCheckpointOver, readLog, SELECT_ENTRY } from "../proof/read-log.js";
import { forgetReplacements } from "./erased-records.js";
import { forgetFileNames } from "./erasure-work.js";

/**
 * Completes an erasure and appends its receipt to the log, in one transaction, so that no erasure is completed without a
 * receipt. Throws NotFoundError when there is no such erasure.
 */
export async function completeErasure(pool: Pool, body: ReceiptBody): Promise<LogEntry> {
  return inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      "update warehouse.erasure_requests set state = 'completed', completed_at = $2 where id = $1",
      [body.erasureId, body.completedAt],
    );
    if (rowCount === 0) throw new NotFoundError(`there is no erasure ${body.erasureId}`);
    await forgetReplacements(client, [body.erasureId]);
    await forgetFileNames(client, body.erasureId);
    return appendToLog(client, { kind: "receipt", body });
  });
}

/** Returns an erasure's receipt with the checkpoint that covers it. Throws NotFoundError while there is none. */
export async function readReceipt(db: Queryable, erasureId: string): Promise<Receipt> {
  const { rows } = await db.query<LogEntry>(`${SELECT_ENTRY} where kind = 'receipt' and body ->> 'erasureId' = $1`, [
    erasureId,
  ]);
  const [entry] = rows;
  if (entry === undefined || !isReceiptBody(entry.body)) {
    throw new NotFoundError(`there is no receipt for erasure ${erasureId}`);
  }
  const { sequence, createdAt, body, previousHash, hash } = entry;
  const checkpoint = (await readCheckpointOver(db, sequence)) ?? null;
  const between = checkpoint === null ? [] : await readLog(db, sequence + 1, checkpoint.logSize);
  return { sequence, body, createdAt, previousHash, hash, checkpoint, links: between.map(hashContent) };
}

/** Returns the sequence numbers of the erasures' receipts by erasure. An erasure that is not completed has none. */
export async function readReceiptNumbers(
  db: Queryable,
  erasureIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ erasureId: string; sequence: number }>(
    `select body ->> 'erasureId' as "erasureId", sequence from privacy.proof_log
     where kind = 'receipt' and body ->> 'erasureId' = any ($1)`,
    [erasureIds],
  );
  return new Map(rows.map(({ erasureId, sequence }) => [erasureId, sequence]));
}

/** Returns the completed erasures without a receipt: removing the newest receipts does not break the chain. */
export async function erasuresWithoutReceipt(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select e.id from warehouse.erasure_requests e
     where e.completed_at is not null
       and not exists (select from privacy.proof_log r where r.kind = 'receipt' and r.body ->> 'erasureId' = e.id::text)
     order by e.completed_at`,
  );
  return rows.map(({ id }) => id);
}

/** Returns the erasures that have a receipt, and whose request is gone from the database. */
export async function receiptsWithoutErasure(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select r.body ->> 'erasureId' as id from privacy.proof_log r
     where r.kind = 'receipt' and not exists (select from warehouse.erasure_requests e where e.id::text = r.body ->> 'erasureId')
     order by r.sequence`,
  );
  return rows.map(({ id }) => id);
}

/** The database gives back what `completeErasure` has put there. */
function isReceiptBody(body: object): body is ReceiptBody {
  return "erasureId" in body;
}
