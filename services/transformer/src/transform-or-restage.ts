import { StagedObjectError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { enqueueRestage } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import type { Queues } from "@lethe/service-kit/queues";
import { noteDamage } from "@lethe/warehouse/ledger/restage-batch";
import type { Pool } from "@lethe/warehouse/pool";

const NOTHING: JobResult<"transform"> = { accepted: 0, rejected: 0 };

/**
 * Runs `transform`. If the batch's lines turn out to be missing or damaged in staging, asks the extractor to stage
 * them again, after which the batch is enqueued again. Throws what `transform` throws, and also the damage if it has
 * occurred too often.
 */
export async function transformOrRestage(
  pool: Pool,
  queues: Queues,
  { runId, batchId }: JobPayload<"transform">,
  log: Logger,
  transform: () => Promise<JobResult<"transform">>,
): Promise<JobResult<"transform">> {
  try {
    return await transform();
  } catch (error) {
    if (!(error instanceof StagedObjectError)) throw error;
    const answer = await noteDamage(pool, batchId, true);
    if (answer === "too often") throw error;
    if (answer === "once more") {
      log.warn({ error }, "the batch is damaged in staging; its lines are staged again");
      await enqueueRestage(queues, runId, batchId);
    }
    return NOTHING;
  }
}
