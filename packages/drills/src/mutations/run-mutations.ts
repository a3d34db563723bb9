import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Finding } from "../check/finding.js";
import { openInstallation } from "../installation.js";
import type { Mutation } from "./mutation.js";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const OUTAGE_MS = 3_000;
/** A mutant that gets stuck stays so: no need to wait as long as for something that may heal. */
const PATIENCE_MS = 30_000;

export interface MutationResult {
  readonly mutation: Mutation;
  /** What was found with the guard out; empty when the drill missed it, so that the drill is worth nothing. */
  readonly findings: readonly Finding[];
}

/** Takes each guard out of the built code, one at a time, drills, and puts it back. */
export async function runMutations(
  mutations: readonly Mutation[],
  onResult: (result: MutationResult) => void,
): Promise<MutationResult[]> {
  const results: MutationResult[] = [];
  for (const mutation of mutations) {
    const originals = await readOriginals(mutation);
    const restore = () => Promise.all(originals.map(({ file, text }) => writeFile(file, text)));
    const interrupted = () => void restore().then(() => process.exit(130));
    process.once("SIGINT", interrupted);
    for (const { file, text, edit } of originals)
      await writeFile(
        file,
        text.replace(edit.find, () => edit.replace),
      );
    try {
      const result = { mutation, findings: await drill(mutation) };
      results.push(result);
      onResult(result);
    } finally {
      process.off("SIGINT", interrupted);
      await restore();
    }
  }
  return results;
}

/** Reads the files that a mutation changes. Throws when one does not hold, once, what is to be taken out. */
async function readOriginals({ guard, edits }: Mutation) {
  const originals = [];
  for (const edit of edits) {
    const file = `${ROOT}${edit.file}`;
    const text = await readFile(file, "utf8");
    if (text.split(edit.find).length !== 2) throw new Error(`${edit.file} does not hold, once, the guard: ${guard}`);
    originals.push({ file, text, edit });
  }
  return originals;
}

async function drill(mutation: Mutation): Promise<readonly Finding[]> {
  const installation = await openInstallation({ build: "dist", keep: false, timeoutMs: PATIENCE_MS });
  try {
    for (let seed = 1; seed <= mutation.rounds; seed++) {
      const { findings } = await installation.round(mutation.fault, seed, OUTAGE_MS);
      if (findings.length > 0) return findings;
    }
    return [];
  } finally {
    await installation.close();
  }
}
