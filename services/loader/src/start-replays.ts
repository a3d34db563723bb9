import { DATASET_NAMES } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import { NOTHING_TO_WAIT_FOR } from "@lethe/datasets/dataset";
import { enqueueRun } from "@lethe/service-kit/enqueue";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { hasReplayable } from "@lethe/warehouse/ledger/quarantine";
import type { LoaderContext } from "./context.js";

/**
 * Opens a replay for every dataset with quarantined records whose missing customer or sku has arrived. Asked for at the
 * end of every run, so whichever of two runs ends last sees what both have brought. Where a replay is at work already,
 * its own end asks again.
 */
export async function startReplays(context: LoaderContext): Promise<void> {
  for (const job of DATASET_NAMES) {
    const { missingKeyArrived } = context.datasets[job].merge;
    if (missingKeyArrived === NOTHING_TO_WAIT_FOR) continue;
    if (!(await hasReplayable(context.pool, job, missingKeyArrived))) continue;
    try {
      await enqueueRun(context.queues, await openRun(context.pool, { job, kind: "replay", trigger: "automatic" }));
    } catch (error) {
      if (!(error instanceof RunActiveError)) throw error;
    }
  }
}
