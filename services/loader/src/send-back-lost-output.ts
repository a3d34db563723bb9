import { StagedObjectError } from "@lethe/contracts/errors";
import { ofLoad } from "@lethe/contracts/staged-batch";
import { enqueueRestage } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import { unpublishedParts } from "@lethe/warehouse/ledger/finish-files";
import { countRepublishing, noteLostOutput } from "@lethe/warehouse/ledger/republish-batch";
import type { LoaderContext } from "./context.js";

/**
 * Finds the loaded batches of a run whose output was lost or damaged in staging before it was published, and has it made
 * again: from the raw file on, since the rows alone do not hold it. Returns how many are being made again, with those that another
 * finish job of the run has found before.
 */
export async function sendBackLostOutput(context: LoaderContext, runId: string, log: Logger): Promise<number> {
  const parts = await unpublishedParts(context.pool, runId, Number.MAX_SAFE_INTEGER);
  for (const [batchId, output] of new Map(parts.map((part) => [part.batchId, part.output]))) {
    const needed = Math.max(...parts.map((part) => (part.batchId === batchId ? part.offset + part.bytes : 0)));
    if (await isWhole(context, { runId, batchId }, ofLoad(output), needed)) continue;
    if (!(await noteLostOutput(context.pool, batchId))) continue;
    log.warn({ runId, batchId }, "a loaded batch's output was lost before it was published; it is made again");
    await enqueueRestage(context.queues, runId, batchId);
  }
  return countRepublishing(context.pool, runId);
}

async function isWhole(
  { staging }: LoaderContext,
  batch: { readonly runId: string; readonly batchId: string },
  output: string,
  needed: number,
): Promise<boolean> {
  try {
    return (await staging.read(batch, output)).length >= needed;
  } catch (error) {
    if (error instanceof StagedObjectError) return false;
    throw error;
  }
}
