import { TransientError } from "@lethe/contracts/errors";
import type { TransformCounts } from "./batch-work.js";
import { findPoison } from "./find-poison.js";
import { type Failure, type OrdinalRange, type Poison, problemOfCause } from "./poison.js";

/** Works on a batch, or on a part of it as a probe; returns counts, or how it failed. */
export type Work = (work: {
  readonly poison: readonly Poison[];
  /** Works on these records only and writes nothing. */
  readonly probe: OrdinalRange | null;
  readonly seconds: number;
}) => Promise<TransformCounts | Failure>;

export interface PoisonLimits {
  /** Time for a batch. */
  readonly batchSeconds: number;
  /** Time for one record. */
  readonly recordSeconds: number;
  /** Poisonous records that a batch may hold. */
  readonly poison: number;
}

/**
 * Transforms a batch, its poisonous records excepted: those are found and rejected. `countLines` is asked only when
 * there are some; `onPoison` is told of each. Throws PoisonedBatchError when there are more than the limit, and
 * TransientError when the batch fails though none of its records does, or without those that do.
 */
export async function transformAroundPoison(
  work: Work,
  limits: PoisonLimits,
  countLines: () => Promise<number>,
  onPoison: (ordinal: number, failure: Failure) => void,
): Promise<TransformCounts> {
  const first = await work({ poison: [], probe: null, seconds: limits.batchSeconds });
  if (!isFailure(first)) return first;
  const lines = await countLines();
  const probe = async (range: OrdinalRange, poison: readonly Poison[] = []) => {
    const share = (range.end - range.first) / lines;
    const seconds = Math.max(limits.recordSeconds, limits.batchSeconds * share);
    const outcome = await work({ poison, probe: range, seconds });
    return isFailure(outcome) ? outcome : undefined;
  };
  const poison: Poison[] = [];
  for (const { ordinal, failure } of await findPoison({ first: 0, end: lines }, first, probe, limits.poison)) {
    onPoison(ordinal, failure);
    const record = { ordinal, problem: problemOfCause(failure.cause, limits.recordSeconds), searchable: true };
    const stillHarms = await probe({ first: ordinal, end: ordinal + 1 }, [record]);
    poison.push(stillHarms === undefined ? record : { ...record, searchable: false });
  }
  const last = await work({ poison, probe: null, seconds: limits.batchSeconds });
  if (isFailure(last)) throw new TransientError(`the batch failed as a whole (${last.cause}), by none of its records`);
  return last;
}

function isFailure(outcome: TransformCounts | Failure): outcome is Failure {
  return "cause" in outcome;
}
