import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { isPending } from "@lethe/contracts/runs";
import { BatchManifestSchema, ofLoad, STAGED } from "@lethe/contracts/staged-batch";
import type { Logger } from "@lethe/service-kit/logger";
import { readJson } from "@lethe/storage/json-object";
import { listReplacements } from "@lethe/warehouse/erasures/erased-records";
import { markTransformed, readBatch } from "@lethe/warehouse/ledger/load-batch";
import type { TransformerContext } from "./context.js";
import { freezeBatch } from "./freeze-batch.js";
import { transformAroundPoison } from "./transform-around-poison.js";

/**
 * Does the job `transform`: has a thread transform a batch's lines into COPY-ready rows and rejects. Does nothing for a batch
 * that has ended. When the signal aborts, ends the thread and throws the signal's reason. Throws SchemaChangedError when the
 * batch's columns have changed and the settings say not to load such a batch.
 */
export async function transformJob(
  context: TransformerContext,
  { runId, batchId }: JobPayload<"transform">,
  log: Logger,
  signal?: AbortSignal,
): Promise<JobResult<"transform">> {
  const startedAt = performance.now();
  const { pool, staging, threads, limits } = context;
  const { state, dataset, kind, republishing } = await readBatch(pool, batchId);
  if (!isPending(state)) return { accepted: 0, rejected: 0 };
  // A replay's records are in quarantine already, and those that do not fit stay there.
  const freezes = context.schemaMode === "freeze" && kind === "files";
  // Read before the first record: whoever is suppressed from here on is caught by the fence in the load.
  const suppressions = await context.currentSuppressions();
  const again = republishing ? { replacements: await listReplacements(pool) } : {};
  const counts = await transformAroundPoison(
    ({ poison, probe, seconds }) => {
      const time = { seconds, recordSeconds: limits.recordSeconds };
      return threads.work({ runId, batchId, dataset, freezes, poison, probe, ...again }, suppressions, time, signal);
    },
    limits,
    async () => {
      const manifest = await readJson(staging, { runId, batchId }, STAGED.manifest, BatchManifestSchema);
      return manifest.segments.reduce((sum, { lineCount }) => sum + lineCount, 0);
    },
    (ordinal, { cause, where }) => log.warn({ ordinal, cause, where }, "a record cannot be worked on"),
  );
  if (counts.frozen !== undefined) await freezeBatch(pool, batchId, dataset, counts.frozen);
  const stagedBytes = await staging.size({ runId, batchId });
  const isActive = await markTransformed(pool, batchId, performance.now() - startedAt, stagedBytes);
  // Another delivery has loaded it meanwhile, and freed what it did not need.
  if (!isActive) {
    const { state, output } = await readBatch(pool, batchId);
    if (state === "loaded") await staging.removeAllBut({ runId, batchId }, [ofLoad(output)]);
  }
  return { accepted: counts.accepted, rejected: counts.rejected };
}
