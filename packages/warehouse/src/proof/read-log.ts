import type { SigningKeyUse } from "@lethe/contracts/keys";
import type { Checkpoint, LogEntry } from "@lethe/contracts/proof";
import { inTransaction, type Pool, type Queryable } from "../pool.js";

/** As ISO 8601 writes it, in milliseconds, whatever the session's time zone and style. */
const CREATED_AT = `to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"`;

/** Selects checkpoints in the form in which they are signed and shown. */
const SELECT_CHECKPOINT = `
  select number, log_size as "logSize", head_hash as "headHash",
         jsonb_build_object('count', suppressions, 'digest', suppressions_digest) as suppressions,
         jsonb_build_object('count', decisions, 'digest', decisions_digest) as decisions,
         previous_hash as "previousHash", ${CREATED_AT}, key_id as "keyId", hash, signature
  from privacy.checkpoints`;

/** Selects entries of the log in the form in which they are hashed and shown. */
export const SELECT_ENTRY = `
  select sequence, kind, body, ${CREATED_AT}, previous_hash as "previousHash", hash from privacy.proof_log`;

/** Returns the entries of the log from one to another, both included, in their order. */
export async function readLog(db: Queryable, from = 1, to = Number.MAX_SAFE_INTEGER): Promise<LogEntry[]> {
  const { rows } = await db.query<LogEntry>(`${SELECT_ENTRY} where sequence between $1 and $2 order by sequence`, [
    from,
    to,
  ]);
  return rows;
}

/** Returns all checkpoints in their order. */
export async function readCheckpoints(db: Queryable): Promise<Checkpoint[]> {
  return (await db.query<Checkpoint>(`${SELECT_CHECKPOINT} order by number`)).rows;
}

/** Returns the newest checkpoint; undefined while there is none. */
export async function readNewestCheckpoint(db: Queryable): Promise<Checkpoint | undefined> {
  return (await db.query<Checkpoint>(`${SELECT_CHECKPOINT} order by number desc limit 1`)).rows[0];
}

/** Returns which keys signed checkpoints, how many and when, the newest first. */
export async function readSigningKeyUses(db: Queryable): Promise<SigningKeyUse[]> {
  const { rows } = await db.query<{ id: string; checkpoints: number; since: Date; until: Date }>(
    `select key_id as id, count(*) as checkpoints, min(created_at) as since, max(created_at) as until
     from privacy.checkpoints group by key_id order by max(number) desc`,
  );
  return rows.map(({ since, until, ...use }, i) => ({
    ...use,
    since: since.toISOString(),
    until: until.toISOString(),
    isInUse: i === 0,
  }));
}

/** Returns the first checkpoint that covers an entry; undefined while there is none. */
export async function readCheckpointOver(db: Queryable, sequence: number): Promise<Checkpoint | undefined> {
  const { rows } = await db.query<Checkpoint>(`${SELECT_CHECKPOINT} where log_size >= $1 order by number limit 1`, [
    sequence,
  ]);
  return rows[0];
}

/** Returns all entries and all checkpoints, as of one instant. */
export async function readWholeLog(pool: Pool): Promise<readonly [LogEntry[], Checkpoint[]]> {
  return inTransaction(pool, async (client) => {
    await client.query("set transaction isolation level repeatable read, read only");
    return [await readLog(client), await readCheckpoints(client)];
  });
}
