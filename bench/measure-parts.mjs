import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { describeMachine } from "./measure/machine.mjs";
import { measureBulk } from "./parts/bulk.mjs";

const MEASURES = {
  bulk: measureBulk,
};

/**
 * Measures the parts that are asked for, one after the other, each in a folder of its own that goes afterwards. Gives by part
 * its figures, each with median and runs, and what it was measured on.
 */
export async function measureParts({ parts, work, note, ...context }) {
  const measured = {};
  for (const part of parts) {
    note(`\n${part}`);
    const startedAt = performance.now();
    const folder = path.join(work, part);
    await mkdir(folder);
    const result = await MEASURES[part]({ ...context, work: folder, note: (text) => note(`  ${text}`) });
    await rm(folder, { recursive: true, force: true });
    const tookSeconds = Math.round((performance.now() - startedAt) / 1_000);
    measured[part] = { machine: { ...describeMachine(), ...result.servers }, tookSeconds, ...result };
    note(`  took ${tookSeconds} s`);
  }
  return measured;
}
