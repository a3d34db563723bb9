import type { Receipt, ReceiptBody } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import type { LogEntry, SignedEntry } from "@lethe/contracts/proof";
import type { Client, Pool, Queryable } from "../pool.js";
import { appendAllToLog } from "../proof/append-to-log.js";
import { hashContent } from "../proof/hash-entry.js";
import { readCheckpointOver, readLog, SELECT_ENTRY } from "../proof/read-log.js";
import { forgetReplacements } from "./erased-records.js";
import { removeAttempts } from "./erasure-attempts.js";
import { type ErasureClient, takingErasures } from "./erasure-fence.js";

/**
 * Takes the work on erasures, completes one and appends its receipt to the log, in one transaction, so that no erasure is
 * completed without a receipt. Throws NotFoundError when there is no such erasure.
 */
export async function completeErasure(pool: Pool, body: ReceiptBody): Promise<LogEntry> {
  const [entry] = await takingErasures(pool, (client) => completeErasuresTogether(client, [body]));
  if (entry === undefined) throw new NotFoundError(`there is no erasure ${body.erasureId}`);
  return entry;
}

/**
 * Completes erasures and appends their receipts to the log, in the caller's transaction, in which everything goes that was kept for
 * their completion: the values that were searched for, failed attempts, and the names of files where the receipt has none.
 * Returns the entries in the order of the receipts. Throws NotFoundError when there is no such erasure.
 */
export async function completeErasuresTogether(
  client: ErasureClient,
  bodies: readonly ReceiptBody[],
): Promise<LogEntry[]> {
  const ids = bodies.map(({ erasureId }) => erasureId);
  const { rows } = await client.query<{ id: string }>(
    `update warehouse.erasure_requests e set state = 'completed', completed_at = done."completedAt"
     from jsonb_to_recordset($1::jsonb) as done ("erasureId" uuid, "completedAt" timestamptz)
     where e.id = done."erasureId" returning e.id`,
    [JSON.stringify(bodies.map(({ erasureId, completedAt }) => ({ erasureId, completedAt })))],
  );
  const known = new Set(rows.map(({ id }) => id));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) throw new NotFoundError(`there is no erasure ${missing}`);
  await client.query("delete from privacy.erasure_values where erasure_id = any ($1)", [ids]);
  await removeAttempts(client, ids);
  await forgetReplacements(client, ids);
  await replacePlaces(client, bodies);
  return appendAllToLog(
    client,
    bodies.map((body) => ({ kind: "receipt" as const, body })),
  );
}

/** Where a receipt names no file, what led to it must not either: the names would tie what remains to the person. */
async function replacePlaces(client: Client, bodies: readonly ReceiptBody[]): Promise<void> {
  const unnamed = bodies.filter(({ places }) => places.every(({ name }) => name === ""));
  const { rows } = await client.query<{ id: string }>(
    `with removed as (
       delete from privacy.erasure_places p
       using (select distinct erasure_id from privacy.erasure_places where erasure_id = any ($1) and name <> '') as named
       where p.erasure_id = named.erasure_id returning p.erasure_id
     )
     select distinct erasure_id as id from removed`,
    [unnamed.map(({ erasureId }) => erasureId)],
  );
  const removed = new Set(rows.map(({ id }) => id));
  const places = unnamed
    .filter(({ erasureId }) => removed.has(erasureId))
    .flatMap(({ erasureId, places: own }) => own.map((place) => ({ erasureId, ...place })));
  if (places.length === 0) return;
  await client.query(
    `insert into privacy.erasure_places (erasure_id, place, name, records, values)
     select "erasureId", place, name, records, "values"
     from jsonb_to_recordset($1::jsonb) as p ("erasureId" uuid, place text, name text, records integer, "values" integer)`,
    [JSON.stringify(places)],
  );
}

/**
 * Returns a receipt with the checkpoint that covers it, by its erasure's id or by its number. Throws NotFoundError while there is none.
 */
export async function readReceipt(db: Queryable, key: string): Promise<Receipt> {
  const isNumber = /^\d+$/.test(key);
  const isWanted = isNumber ? "sequence = $1::bigint" : "body ->> 'erasureId' = $1";
  const { rows } = await db.query<LogEntry>(`${SELECT_ENTRY} where kind = 'receipt' and ${isWanted}`, [key]);
  const [entry] = rows;
  if (entry === undefined || !isReceiptBody(entry.body)) {
    throw new NotFoundError(isNumber ? `there is no receipt ${key}` : `there is no receipt for erasure ${key}`);
  }
  const { erasureId } = entry.body;
  const { sequence, createdAt, body, previousHash, hash } = entry;
  const again = await db.query<LogEntry>(
    `${SELECT_ENTRY} where kind = 'reapplied' and $1 in (body ->> 'erasureId', body ->> 'by') order by sequence`,
    [erasureId],
  );
  const reapplied: SignedEntry[] = [];
  for (const reapply of again.rows) reapplied.push({ entry: reapply, ...(await readCover(db, reapply.sequence)) });
  return { sequence, body, createdAt, previousHash, hash, ...(await readCover(db, sequence)), reapplied };
}

/**
 * Returns the id of the erasure that a key means: its receipt's number, as it is printed, or the id itself. Throws NotFoundError for a
 * number that no receipt has.
 */
export async function erasureIdOf(db: Queryable, key: string): Promise<string> {
  if (!/^\d+$/.test(key)) return key;
  const { rows } = await db.query<{ id: string }>(
    `select body ->> 'erasureId' as id from privacy.proof_log where kind = 'receipt' and sequence = $1::bigint`,
    [key],
  );
  const [found] = rows;
  if (found === undefined)
    throw new NotFoundError(`there is no receipt ${key}; \`lethe erasure list\` shows the numbers`);
  return found.id;
}

/** Returns the checkpoint that covers an entry, and what leads there. */
async function readCover(db: Queryable, sequence: number): Promise<Pick<SignedEntry, "checkpoint" | "links">> {
  const checkpoint = (await readCheckpointOver(db, sequence)) ?? null;
  const between = checkpoint === null ? [] : await readLog(db, sequence + 1, checkpoint.logSize);
  return { checkpoint, links: between.map(hashContent) };
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
