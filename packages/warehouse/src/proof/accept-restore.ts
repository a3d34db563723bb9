import { RunStateError } from "@lethe/contracts/errors";
import type { Checkpoint } from "@lethe/contracts/proof";
import { inTransaction, type Pool } from "../pool.js";
import { appendToLog } from "./append-to-log.js";
import { findRollback, type KnownCheckpoint } from "./known-checkpoints.js";
import type { LogSigning } from "./sign-log.js";
import { writeCheckpoint } from "./write-checkpoint.js";

/**
 * Accepts a database that is older than the newest checkpoint: logs who did so, on what ground and which checkpoint was lost,
 * signs the log as it is, and makes that the newest checkpoint that is known. Returns the new checkpoint. Throws
 * RunStateError when the database was not rolled back.
 */
export async function acceptRestore(
  pool: Pool,
  { signer, stores }: LogSigning,
  { by, note }: { readonly by: string; readonly note: string },
): Promise<Checkpoint> {
  const lost = await findRollback(pool, stores);
  if (lost === undefined)
    throw new RunStateError("the database holds every checkpoint that is known; there is nothing to accept");
  await inTransaction(pool, (client) =>
    appendToLog(client, { kind: "accepted", body: { by, note, ...describe(lost) } }),
  );
  const checkpoint = await writeCheckpoint(pool, signer);
  if (checkpoint === undefined) throw new RunStateError("another process has signed the log meanwhile; try again");
  for (const store of stores) await store.write(checkpoint);
  return checkpoint;
}

function describe({ checkpoint: { number, hash, logSize, createdAt } }: KnownCheckpoint) {
  return { lostCheckpoint: number, lostHash: hash, lostLogSize: logSize, lostSignedAt: createdAt };
}
