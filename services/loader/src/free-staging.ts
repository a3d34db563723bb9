import type { DatasetName } from "@lethe/contracts/datasets";
import { STAGED } from "@lethe/contracts/staged-batch";
import type { Logger } from "@lethe/service-kit/logger";
import type { BatchRef } from "@lethe/storage/staging";
import { settleStagedBytes, unpublishedBytes } from "@lethe/warehouse/ledger/staged-bytes";
import type { LoaderContext } from "./context.js";
import { publishRun } from "./publish-run.js";

/** The part of staging's bound that may be taken up by what waits to be published. */
const UNPUBLISHED_PART = 1 / 4;

/**
 * Creates room after batches' load has committed: of what is staged for them only their output stays, for the publication. When
 * too much of that has come together, as in a long run, what the run has loaded so far is published now; where somebody
 * publishes already, it is left to him. May be done again.
 */
export async function freeStaging(
  context: LoaderContext,
  { runId, dataset }: { readonly runId: string; readonly dataset: DatasetName },
  batches: readonly BatchRef[],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(batches.map((batch) => context.staging.removeAllBut(batch, [STAGED.published])));
  await settleStagedBytes(
    context.pool,
    runId,
    batches.map(({ batchId }) => batchId),
  );
  if ((await unpublishedBytes(context.pool)) <= context.stagingBytes * UNPUBLISHED_PART) return;
  await publishRun(context, runId, dataset, log, { whenBusy: "leave", signal });
}
