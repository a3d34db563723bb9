import { StagedObjectError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { BatchManifestSchema, type BatchSummary, STAGED } from "@lethe/contracts/staged-batch";
import { readJson, writeJson } from "@lethe/staging/json-object";
import { markTransformed, readBatch } from "@lethe/warehouse/ledger/load-batch";
import type { TransformerContext } from "./context.js";
import type { CurrentSuppressions } from "./current-suppressions.js";
import { transformBatch } from "./transform-batch.js";

/**
 * Does the job `transform`: turns a batch's lines into COPY-ready rows and rejects. What it writes depends on nothing but
 * the lines, policy, key and suppression list, so doing it twice does no harm. A batch that has ended is left alone.
 */
export async function transformJob(
  context: TransformerContext,
  currentSuppressions: () => Promise<CurrentSuppressions>,
  { runId, batchId }: JobPayload<"transform">,
): Promise<JobResult<"transform">> {
  const startedAt = performance.now();
  const info = await readBatch(context.pool, batchId);
  if (info.state !== "staged" && info.state !== "transformed") return { accepted: 0, rejected: 0 };
  const batch = { runId, batchId };
  // Read before the first record: whoever is suppressed from here on is caught by the fence in the load.
  const { epoch, findSuppression } = await currentSuppressions();
  const { staging } = context;
  const dataset = context.datasets[info.dataset];
  const manifest = await readJson(staging, batch, STAGED.manifest, BatchManifestSchema);
  const lines = await staging.read(batch, STAGED.records);
  if (lines.length !== manifest.bytes) {
    throw new StagedObjectError(`${STAGED.records} of batch ${batchId} is not as long as its manifest says`);
  }
  const output = await transformBatch({
    runId,
    batchId,
    dataset,
    manifest,
    lines,
    ring: context.ring,
    findSuppression,
    strategies: context.policy.datasets[info.dataset],
    maxNesting: context.maxNesting,
  });
  const tables = [];
  for (const [i, table] of dataset.stagingTables.entries()) {
    const bytes = await staging.write(batch, STAGED.table(table.name), output.tables[i]?.take() ?? []);
    tables.push({ table: table.name, bytes });
  }
  const rejectBytes = await staging.write(batch, STAGED.rejects, output.rejects.take());
  await staging.write(batch, STAGED.processed, output.processed.take());
  await staging.write(batch, STAGED.processedIndex, [output.processedIndex]);
  await writeJson(staging, batch, STAGED.masked, output.masked);
  const summary: BatchSummary = {
    suppressionEpoch: epoch,
    policyVersion: context.policy.version,
    tables,
    rejectBytes,
    rejectedByReason: { ...output.rejectedByReason },
    segments: [...output.segments],
  };
  await writeJson(staging, batch, STAGED.summary, summary);
  await markTransformed(context.pool, batchId, performance.now() - startedAt);
  const records = output.segments.reduce((sum, segment) => sum + segment.records, 0);
  const rejected = output.segments.reduce((sum, segment) => sum + segment.rejected, 0);
  return { accepted: records - rejected, rejected };
}
