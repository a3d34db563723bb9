import type { Checkpoint, CheckpointStore, Signer } from "@lethe/contracts/proof";
import type { Pool } from "../pool.js";
import { rememberCheckpoint, requireNotRolledBack } from "./known-checkpoints.js";
import { readNewestCheckpoint } from "./read-log.js";
import { writeCheckpoint } from "./write-checkpoint.js";

/** Who signs the log, and where else the newest checkpoint is kept. */
export interface LogSigning {
  readonly signer: Signer;
  readonly stores: readonly CheckpointStore[];
}

/**
 * Puts what is new in the log under a signed checkpoint, and hands the newest checkpoint to the stores outside the database.
 * Returns the new checkpoint, if there is one. Throws DatabaseRolledBackError: what was rolled back is not signed anew.
 */
export async function signLog(pool: Pool, { signer, stores }: LogSigning): Promise<Checkpoint | undefined> {
  await requireNotRolledBack(pool, stores);
  const written = await writeCheckpoint(pool, signer);
  // Also what a crash kept from them before.
  const newest = written ?? (await readNewestCheckpoint(pool));
  if (newest !== undefined) await rememberCheckpoint(stores, newest);
  return written;
}
