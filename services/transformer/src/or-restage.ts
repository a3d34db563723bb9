import { StagedObjectError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { enqueueRestage } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import type { Queues } from "@lethe/service-kit/queues";
import { noteDamage } from "@lethe/warehouse/ledger/restage-batch";
import type { Pool } from "@lethe/warehouse/pool";

const NOTHING: JobResult<"transform"> = { accepted: 0, rejected: 0 };

/**
 * Transforms a batch by `transform`. When its lines are missing or damaged in staging, the extractor is asked to make them
 * again, and the batch comes back then. Throws what `transform` throws, that too when it was asked for too often.
 */
export async function orRestage(
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
      log.warn({ error }, "batch sent back to be made again");
      await enqueueRestage(queues, runId, batchId);
    }
    return NOTHING;
  }
}
