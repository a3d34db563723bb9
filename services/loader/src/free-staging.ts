import type { DatasetName } from "@lethe/contracts/datasets";
import type { RunKind } from "@lethe/contracts/runs";
import { ofLoad } from "@lethe/contracts/staged-batch";
import type { Logger } from "@lethe/service-kit/logger";
import type { BatchRef } from "@lethe/storage/staging";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { settleStagedBytes, unpublishedBytes } from "@lethe/warehouse/ledger/staged-bytes";
import type { LoaderContext } from "./context.js";
import { publishBackfill } from "./publish-backfill.js";
import { publishRun } from "./publish-run.js";

/** The part of staging's bound that may be taken up by what waits to be published. */
const UNPUBLISHED_PART = 1 / 4;

/**
 * Frees staging space after batches have been loaded and committed. Removes everything that is staged for them except
 * the output that is still to be published. If the unpublished output of all runs exceeds a quarter of the staging
 * limit, publishes what this run has loaded so far, unless another process is publishing files of the dataset. While nothing
 * of the run can be loaded (`isIdle`), it publishes the partitions that are complete, so that less is left for the run's end. The
 * function can be repeated safely.
 */
export async function freeStaging(
  context: LoaderContext,
  { runId, dataset, kind }: { readonly runId: string; readonly dataset: DatasetName; readonly kind: RunKind },
  batches: readonly BatchRef[],
  isIdle: boolean,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    batches.map(async (batch) => {
      const { output } = await readBatch(context.pool, batch.batchId);
      await context.staging.removeAllBut(batch, [ofLoad(output)]);
    }),
  );
  await settleStagedBytes(
    context.pool,
    runId,
    batches.map(({ batchId }) => batchId),
  );
  const isTight = (await unpublishedBytes(context.pool)) > context.stagingBytes * UNPUBLISHED_PART;
  if (!isTight && !isIdle) return;
  if (kind === "backfill")
    return publishBackfill(context, runId, dataset, { whenBusy: "leave", isLast: false, signal });
  await publishRun(context, runId, dataset, log, { whenBusy: "leave", which: isTight ? "all" : "complete", signal });
}
