import { PoisonedBatchError } from "@lethe/contracts/errors";
import type { Failure, OrdinalRange } from "./poison.js";

/** Works on the records of a range and throws the outcome away; returns how that failed, or undefined. */
export type Probe = (range: OrdinalRange) => Promise<Failure | undefined>;

export interface FoundPoison {
  readonly ordinal: number;
  readonly failure: Failure;
}

/**
 * Finds the records of a range that cannot be worked on, after working on the whole of it has failed. Where a failure
 * tells its record, that one is tried by itself; where it does not, or the record alone does no harm, the range is halved.
 * So `k` records of `n` cost O(k log n) probes, and two for each as a rule. A range that fails as a whole only (all of it
 * together needs too much memory) holds none. Throws PoisonedBatchError when there are more than `atMost`.
 */
export async function findPoison(
  range: OrdinalRange,
  failure: Failure,
  probe: Probe,
  atMost: number,
): Promise<FoundPoison[]> {
  const found: FoundPoison[] = [];
  const keep = (ordinal: number, failed: Failure) => {
    if (found.length === atMost) throw new PoisonedBatchError(`more than ${atMost} of its records cannot be worked on`);
    found.push({ ordinal, failure: failed });
  };
  await search(range, failure);
  return found;

  async function search({ first, end }: OrdinalRange, failed: Failure): Promise<void> {
    const suspect = failed.at;
    if (end - first === 1) {
      keep(first, failed);
      return;
    }
    if (suspect !== null && suspect >= first && suspect < end) {
      const alone = await probe({ first: suspect, end: suspect + 1 });
      if (alone !== undefined) {
        keep(suspect, alone);
        // Those before it have been worked on without harm.
        await searchIfHarmful({ first: suspect + 1, end });
        return;
      }
    }
    const middle = first + Math.floor((end - first) / 2);
    await searchIfHarmful({ first, end: middle });
    await searchIfHarmful({ first: middle, end });
  }

  async function searchIfHarmful(part: OrdinalRange): Promise<void> {
    if (part.first >= part.end) return;
    const failed = await probe(part);
    if (failed !== undefined) await search(part, failed);
  }
}
