import type { DatasetName } from "@lethe/contracts/datasets";
import { hasLiveRun } from "@lethe/warehouse/ledger/active-runs";
import type { ExtractionContext } from "./context.js";
import { waitForRoom, waitUntil } from "./wait-for-room.js";

/** The part of staging's bound up to which a backfill stages: beyond it, live runs would have to wait for its batches. */
const BACKFILL_SHARE = 1 / 4;

/**
 * Waits before a backfill stages its next batch: while a live run of its dataset is active, and while staging has little room. Its
 * jobs have a lower priority besides, so that what it has staged comes behind what others stage. Throws as `waitForRoom` does.
 */
export async function giveWay(
  context: ExtractionContext,
  runId: string,
  dataset: DatasetName,
  bytes: number,
): Promise<void> {
  await waitUntil(context, runId, async () => !(await hasLiveRun(context.pool, dataset)));
  await waitForRoom({ ...context, stagingBytes: context.stagingBytes * BACKFILL_SHARE }, runId, bytes);
}
