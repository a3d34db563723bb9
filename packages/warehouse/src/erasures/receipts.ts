import { createHash } from "node:crypto";
import type { Receipt, ReceiptBody } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import { lockInTransaction } from "../advisory-lock.js";
import { inTransaction, type Pool, type Queryable } from "../pool.js";
import { forgetReplacements } from "./erased-records.js";
import { forgetFileNames } from "./erasure-work.js";

/** The previous hash of the first receipt. */
const FIRST_PREVIOUS_HASH = "0".repeat(64);

/**
 * Returns a receipt's hash: SHA-256 over the previous receipt's hash, the sequence number and the body with sorted keys. A
 * receipt that is changed, removed or inserted changes every later hash.
 */
export function hashReceipt(previousHash: string, sequence: number, body: ReceiptBody): string {
  return createHash("sha256")
    .update(`${previousHash}\n${sequence}\n${canonicalJson(body)}`)
    .digest("hex");
}

/** Completes an erasure and stores its receipt, in one transaction, so that no erasure is completed without a receipt. */
export async function completeErasure(pool: Pool, body: ReceiptBody): Promise<Receipt> {
  return inTransaction(pool, async (client) => {
    // One receipt at a time, since each names the one before it. Not a table lock: to keep others from inserting takes the
    // right to change or delete receipts.
    await lockInTransaction(client, "lethe receipt");
    const { rows } = await client.query<{ sequence: number; hash: string }>(
      "select sequence, hash from privacy.receipts order by sequence desc limit 1",
    );
    const sequence = (rows[0]?.sequence ?? 0) + 1;
    const previousHash = rows[0]?.hash ?? FIRST_PREVIOUS_HASH;
    const hash = hashReceipt(previousHash, sequence, body);
    await client.query(
      "insert into privacy.receipts (sequence, erasure_id, body, previous_hash, hash) values ($1, $2, $3, $4, $5)",
      [sequence, body.erasureId, JSON.stringify(body), previousHash, hash],
    );
    await client.query("update warehouse.erasure_requests set state = 'completed', completed_at = $2 where id = $1", [
      body.erasureId,
      body.completedAt,
    ]);
    await forgetReplacements(client, [body.erasureId]);
    await forgetFileNames(client, body.erasureId);
    return { sequence, body, previousHash, hash };
  });
}

const SELECT_RECEIPT = `select sequence, body, previous_hash as "previousHash", hash from privacy.receipts`;

/** Returns an erasure's receipt. Throws NotFoundError while there is none. */
export async function readReceipt(db: Queryable, erasureId: string): Promise<Receipt> {
  const { rows } = await db.query<Receipt>(`${SELECT_RECEIPT} where erasure_id = $1`, [erasureId]);
  if (rows[0] === undefined) throw new NotFoundError(`there is no receipt for erasure ${erasureId}`);
  return rows[0];
}

/** Returns the sequence numbers of the erasures' receipts by erasure. An erasure that is not completed has none. */
export async function readReceiptNumbers(
  db: Queryable,
  erasureIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ erasureId: string; sequence: number }>(
    `select erasure_id as "erasureId", sequence from privacy.receipts where erasure_id = any ($1)`,
    [erasureIds],
  );
  return new Map(rows.map(({ erasureId, sequence }) => [erasureId, sequence]));
}

/** Returns all receipts in the order of their chain. */
export async function readReceiptChain(db: Queryable): Promise<Receipt[]> {
  const { rows } = await db.query<Receipt>(`${SELECT_RECEIPT} order by sequence`);
  return rows;
}

/** Returns the completed erasures without a receipt: removing the newest receipts does not break the chain. */
export async function erasuresWithoutReceipt(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select e.id from warehouse.erasure_requests e
     where e.completed_at is not null and not exists (select from privacy.receipts r where r.erasure_id = e.id)
     order by e.completed_at`,
  );
  return rows.map(({ id }) => id);
}

/** An inconsistency of the chain at one receipt. */
export interface ReceiptFault {
  readonly sequence: number;
  readonly erasureId: string;
  readonly fault: string;
}

/** Returns the faults of a chain of receipts, which are given in order. An intact chain has none. */
export function checkReceiptChain(receipts: readonly Receipt[]): ReceiptFault[] {
  const faults: ReceiptFault[] = [];
  let previousHash: string | undefined;
  let previousSequence: number | undefined;
  for (const receipt of receipts) {
    const { sequence, body } = receipt;
    const complain = (fault: string) => faults.push({ sequence, erasureId: body.erasureId, fault });
    if (hashReceipt(receipt.previousHash, sequence, body) !== receipt.hash)
      complain("its content does not fit its hash");
    if (sequence === 1 && receipt.previousHash !== FIRST_PREVIOUS_HASH) complain("it does not begin the chain");
    if (previousSequence !== undefined && sequence !== previousSequence + 1) complain("a receipt before it is missing");
    else if (previousHash !== undefined && receipt.previousHash !== previousHash) {
      complain("it does not name the receipt before it");
    }
    previousHash = receipt.hash;
    previousSequence = sequence;
  }
  return faults;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(",")}}`;
}
