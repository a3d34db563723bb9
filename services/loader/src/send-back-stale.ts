import { StagedObjectError } from "@lethe/contracts/errors";
import { enqueueBatch, newRound } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import type { BatchRef, Staging } from "@lethe/storage/staging";
import { readyToLoad, sendBack } from "@lethe/warehouse/ledger/load-batch";
import { readSuppressionEpoch } from "@lethe/warehouse/suppressions";
import type { LoaderContext } from "./context.js";
import { readStaged } from "./stage-part.js";

/**
 * Sends the batches of a run that were masked under an older suppression list back to be transformed again: all that wait to be
 * loaded, since whoever has found one finds the next. Nobody tries to load them meanwhile.
 */
export async function sendBackStale(
  { pool, queues, staging }: LoaderContext,
  runId: string,
  log: Logger,
): Promise<void> {
  const epoch = await readSuppressionEpoch(pool);
  const stale: string[] = [];
  for (const batchId of await readyToLoad(pool, runId)) {
    if ((await epochOf(staging, { runId, batchId })) !== epoch) stale.push(batchId);
  }
  const sent = await sendBack(pool, stale);
  if (sent.length === 0) return;
  log.info({ batches: sent.length }, "batches sent back to be transformed again: the suppression list has changed");
  for (const batchId of sent) await enqueueBatch(queues, runId, batchId, newRound());
}

/** Returns the epoch of the list that a batch was masked under. A batch that is damaged is transformed again in any case. */
async function epochOf(staging: Staging, batch: BatchRef): Promise<number | undefined> {
  try {
    return (await readStaged(staging, batch)).summary.suppressionEpoch;
  } catch (error) {
    if (error instanceof StagedObjectError) return undefined;
    throw error;
  }
}
