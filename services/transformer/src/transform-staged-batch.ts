import { randomBytes } from "node:crypto";
import { StagedObjectError } from "@lethe/contracts/errors";
import type { RefundMode } from "@lethe/contracts/refunds";
import type { SchemaMode } from "@lethe/contracts/schema-changes";
import {
  BatchManifestSchema,
  type BatchSummary,
  linesOf,
  ofTransformation,
  STAGED,
} from "@lethe/contracts/staged-batch";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { type Policy, strategiesOf } from "@lethe/privacy/policy";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { FindSuppression, SuppressionLookup } from "@lethe/privacy/suppression-list";
import { readJson, writeJson } from "@lethe/storage/json-object";
import type { Staging } from "@lethe/storage/staging";
import type { TransformOutput } from "./batch-output.js";
import type { BatchWork, TransformCounts } from "./batch-work.js";
import { type TransformInput, transformBatch } from "./transform-batch.js";

/** What a batch is transformed with. */
export interface TransformTools {
  readonly staging: Staging;
  readonly datasets: Datasets;
  readonly ring: Keyring;
  readonly policy: Policy;
  readonly schemaMode: SchemaMode;
  readonly refundMode: RefundMode;
  readonly maxNesting: number;
}

/** The suppression list as it stood when the batch was begun. */
export interface SuppressionsInForce {
  readonly epoch: number;
  readonly lookup: SuppressionLookup;
  /** Finds people whose suppression was lifted. */
  readonly findLifted?: FindSuppression;
}

/**
 * Reads a batch from staging, transforms it by `transform` and stages what comes of it; a probe writes nothing, and
 * neither does a batch that is kept out for its columns. What is
 * written has names of its own, and the summary, written last, says so: doing it twice does no harm, also at once.
 */
export async function transformStagedBatch(
  tools: TransformTools,
  work: BatchWork,
  { epoch, lookup, findLifted }: SuppressionsInForce,
  transform: (input: TransformInput) => TransformOutput = transformBatch,
): Promise<TransformCounts> {
  const { staging, policy } = tools;
  const { runId, batchId } = work;
  const batch = { runId, batchId };
  const dataset = tools.datasets.get(work.dataset);
  const manifest = await readJson(staging, batch, STAGED.manifest, BatchManifestSchema);
  const lines = await staging.read(batch, linesOf(manifest));
  if (lines.length !== manifest.bytes) {
    throw new StagedObjectError(`${STAGED.records} of batch ${batchId} is not as long as its manifest says`);
  }
  const output = transform({
    runId,
    batchId,
    dataset,
    manifest,
    lines,
    ring: tools.ring,
    ...lookup,
    ...(findLifted && { findLifted }),
    ...(work.replacements && { replacements: work.replacements }),
    strategies: strategiesOf(policy, work.dataset),
    schemaMode: tools.schemaMode,
    refundMode: tools.refundMode,
    maxNesting: tools.maxNesting,
    poison: work.poison,
    ...(work.probe !== null && { only: work.probe }),
  });
  const rejected = output.segments.reduce((sum, segment) => sum + segment.rejected, 0);
  const records = output.segments.reduce((sum, segment) => sum + segment.records, 0);
  const counts = { accepted: records - rejected, rejected };
  if (work.probe !== null) return counts;
  if (work.freezes && output.schema.changedColumns.length > 0) return { ...counts, frozen: output.schema };
  const transformation = randomBytes(8).toString("hex");
  const own = (name: string) => ofTransformation(transformation, name);
  const tables = [];
  for (const [i, table] of dataset.stagingTables.entries()) {
    const bytes = await staging.write(batch, own(STAGED.table(table.name)), output.tables[i]?.take() ?? []);
    tables.push({ table: table.name, bytes });
  }
  const rejectBytes = await staging.write(batch, own(STAGED.rejects), output.rejects.take());
  await staging.write(batch, own(STAGED.processed), output.processed.take());
  await staging.write(batch, own(STAGED.processedIndex), [output.processedIndex]);
  await writeJson(staging, batch, own(STAGED.masked), output.masked);
  if (output.joined.length > 0) await writeJson(staging, batch, own(STAGED.joined), output.joined);
  const summary: BatchSummary = {
    transformation,
    ...(manifest.staging !== undefined && { staging: manifest.staging }),
    suppressionEpoch: epoch,
    policyVersion: policy.version,
    tables,
    rejectBytes,
    rejectedByReason: { ...output.rejectedByReason },
    segments: [...output.segments],
    schemaChanges: [...output.schema.changes],
    warnings: [...output.warnings],
    joined: output.joined.length,
    newQuestions: output.newQuestions,
  };
  await writeJson(staging, batch, STAGED.summary, summary);
  return counts;
}
