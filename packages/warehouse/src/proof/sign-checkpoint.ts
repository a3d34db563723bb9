import type { Checkpoint, Signer } from "@lethe/contracts/proof";
import { checkpointMessage } from "./hash-checkpoint.js";
import { FIRST_PREVIOUS_HASH, sha256 } from "./hash-entry.js";

/** What a checkpoint vouches for. */
export type CheckpointFacts = Pick<Checkpoint, "logSize" | "headHash" | "suppressions" | "decisions" | "createdAt">;

/** Returns the checkpoint that follows `previous`, which is undefined for the first one. */
export function signCheckpoint(
  previous: Pick<Checkpoint, "number" | "hash"> | undefined,
  facts: CheckpointFacts,
  signer: Signer,
): Checkpoint {
  const content = {
    ...facts,
    number: (previous?.number ?? 0) + 1,
    previousHash: previous?.hash ?? FIRST_PREVIOUS_HASH,
    keyId: signer.keyId,
  };
  const message = checkpointMessage(content);
  return { ...content, hash: sha256(message), signature: signer.sign(message) };
}
