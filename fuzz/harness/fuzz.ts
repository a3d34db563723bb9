import { appendFileSync } from "node:fs";
import fc from "fast-check";
import { it } from "vitest";

const CASES = Number(process.env.LETHE_FUZZ_CASES || 300);
const SEED = Number(process.env.LETHE_FUZZ_SEED || Date.now() % 2_147_483_647);

/**
 * Holds a target to a property that no input may break. `share` is its part of the cases that were asked for: less than 1
 * where a case takes long. What came of it goes to the report that `scripts/fuzz.mjs` prints.
 */
export function fuzz<T>(
  target: string,
  share: number,
  input: fc.Arbitrary<T>,
  hold: (input: T) => void | Promise<void>,
): void {
  it(target, async () => {
    const numRuns = Math.max(1, Math.round(CASES * share));
    const property = fc.asyncProperty(input, async (value) => {
      await hold(value);
    });
    const result = await fc.check(property, { numRuns, seed: SEED });
    report({ target, cases: result.numRuns, crashes: result.failed ? 1 : 0 });
    if (result.failed) throw new Error(fc.defaultReportMessage(result));
  });
}

function report(line: { target: string; cases: number; crashes: number }): void {
  const file = process.env.LETHE_FUZZ_REPORT;
  if (file !== undefined && file !== "") appendFileSync(file, `${JSON.stringify(line)}\n`);
}
