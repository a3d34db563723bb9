import type { Checkpoint, Digest, Signer } from "@lethe/contracts/proof";
import { inTransaction, type Pool, type Queryable } from "../pool.js";
import { readActiveSuppressions } from "./active-suppressions.js";
import { lockLog } from "./append-to-log.js";
import { DECISION_KINDS, decisionLine, digestOf, suppressionLine } from "./digest.js";
import { readNewestCheckpoint } from "./read-log.js";
import { signCheckpoint } from "./sign-checkpoint.js";

/**
 * Signs the log as it is, with the suppression list and the decisions, unless the newest checkpoint covers all of it already.
 * Returns the new checkpoint, if there is one.
 */
export async function writeCheckpoint(pool: Pool, signer: Signer): Promise<Checkpoint | undefined> {
  if (!(await hasUnsigned(pool))) return undefined;
  return inTransaction(pool, async (client) => {
    await lockLog(client);
    const previous = await readNewestCheckpoint(client);
    const { rows } = await client.query<{ sequence: number; hash: string; now: Date }>(
      `select sequence, hash, date_trunc('milliseconds', clock_timestamp()) as now
       from privacy.proof_log order by sequence desc limit 1`,
    );
    const [head] = rows;
    if (head === undefined || head.sequence <= (previous?.logSize ?? 0)) return undefined;
    const suppressions = await readActiveSuppressions(client);
    const checkpoint = signCheckpoint(
      previous,
      {
        logSize: head.sequence,
        headHash: head.hash,
        suppressions: digestOf(suppressions.map(suppressionLine)),
        decisions: await digestDecisions(client),
        createdAt: head.now.toISOString(),
      },
      signer,
    );
    await insertCheckpoint(client, checkpoint);
    return checkpoint;
  });
}

/** Stores a checkpoint as it is. */
export async function insertCheckpoint(db: Queryable, checkpoint: Checkpoint): Promise<void> {
  await db.query(
    `insert into privacy.checkpoints
       (number, log_size, head_hash, suppressions, suppressions_digest, decisions, decisions_digest, previous_hash,
        created_at, key_id, hash, signature)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[checkpoint.number, checkpoint.logSize, checkpoint.headHash],
      ...[checkpoint.suppressions.count, checkpoint.suppressions.digest],
      ...[checkpoint.decisions.count, checkpoint.decisions.digest],
      ...[checkpoint.previousHash, checkpoint.createdAt, checkpoint.keyId, checkpoint.hash, checkpoint.signature],
    ],
  );
}

async function hasUnsigned(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ unsigned: boolean }>(
    `select coalesce((select max(sequence) from privacy.proof_log), 0)
              > coalesce((select max(log_size) from privacy.checkpoints), 0) as unsigned`,
  );
  return rows[0]?.unsigned === true;
}

async function digestDecisions(db: Queryable): Promise<Digest> {
  const { rows } = await db.query<{ sequence: number; hash: string }>(
    "select sequence, hash from privacy.proof_log where kind = any ($1)",
    [DECISION_KINDS],
  );
  return digestOf(rows.map(decisionLine));
}
