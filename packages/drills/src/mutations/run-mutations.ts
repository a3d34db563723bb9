import type { Finding } from "../check/finding.js";
import { openInstallation } from "../installation.js";
import type { Mutation } from "./mutation.js";
import { requireSeams } from "./seam.js";

const OUTAGE_MS = 3_000;
/** A mutant that gets stuck stays stuck: no need to wait as long as for something that may heal. */
const STUCK_AFTER_MS = 30_000;

export interface MutationResult {
  readonly mutation: Mutation;
  /** What was found without the guard. Nothing means that the drill does not notice when the guard is missing. */
  readonly findings: readonly Finding[];
}

/** Takes each guard out, one at a time, and drills without it. Throws when a guard is not where the mutation says. */
export async function runMutations(
  mutations: readonly Mutation[],
  onResult: (result: MutationResult) => void,
): Promise<MutationResult[]> {
  await requireSeams(mutations.flatMap(({ seams }) => seams));
  const results: MutationResult[] = [];
  for (const mutation of mutations) {
    const result = { mutation, findings: await drill(mutation) };
    results.push(result);
    onResult(result);
  }
  return results;
}

async function drill({ seams, fault, rounds }: Mutation): Promise<readonly Finding[]> {
  const installation = await openInstallation({ seams, keep: false, timeoutMs: STUCK_AFTER_MS });
  try {
    for (let seed = 1; seed <= rounds; seed++) {
      const { findings } = await installation.round(fault, seed, OUTAGE_MS);
      if (findings.length > 0) return findings;
    }
    return [];
  } finally {
    await installation.close();
  }
}
