import { mkdir } from "node:fs/promises";
import path from "node:path";
import { describeMachine } from "./measure/machine.mjs";
import { measureApi } from "./parts/api.mjs";
import { measureBigFile } from "./parts/big-file.mjs";
import { measureBulk } from "./parts/bulk.mjs";
import { measureColdStart } from "./parts/cold-start.mjs";
import { measureLinearity } from "./parts/linearity.mjs";
import { measureQueueShare } from "./parts/queue-share.mjs";
import { measureScaleOut } from "./parts/scale-out.mjs";
import { measureSmallFiles } from "./parts/small-files.mjs";

const MEASURES = {
  "small-files": measureSmallFiles,
  bulk: measureBulk,
  "queue-share": measureQueueShare,
  api: measureApi,
  "cold-start": measureColdStart,
  "scale-out": measureScaleOut,
  "big-file": measureBigFile,
  linearity: measureLinearity,
};

/**
 * Measures a part in a folder of its own, which stays until all are measured: to delete it would slow the next one down, see
 * `setAside`. Returns its figures, each with median and runs, and what it was measured on; undefined when this machine cannot
 * measure it.
 */
export async function measurePart(part, { work, note, ...context }) {
  const startedAt = performance.now();
  const folder = path.join(work, part);
  await mkdir(folder);
  const result = await MEASURES[part]({ ...context, work: folder, note });
  if (result === undefined) return undefined;
  const tookSeconds = Math.round((performance.now() - startedAt) / 1_000);
  return { machine: { ...describeMachine(), ...result.servers }, tookSeconds, ...result };
}
