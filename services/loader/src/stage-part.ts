import { StagedObjectError } from "@lethe/contracts/errors";
import {
  type BatchManifest,
  BatchManifestSchema,
  type BatchSummary,
  BatchSummarySchema,
  STAGED,
} from "@lethe/contracts/staged-batch";
import type { Dataset } from "@lethe/datasets/dataset";
import { readJson } from "@lethe/storage/json-object";
import type { BatchRef, Staging } from "@lethe/storage/staging";
import type { Client } from "@lethe/warehouse/pool";
import { stageRows } from "./stage-rows.js";

/** One of the batches that are merged together, by its number among them. */
export interface Part {
  readonly part: number;
  readonly batch: BatchRef;
  readonly manifest: BatchManifest;
  readonly summary: BatchSummary;
}

/** Reads the manifest and the summary of a transformed batch. Throws StagedObjectError when they are missing, damaged or contradict each other. */
export async function readStaged(
  staging: Staging,
  batch: BatchRef,
): Promise<{ readonly manifest: BatchManifest; readonly summary: BatchSummary }> {
  const manifest = await readJson(staging, batch, STAGED.manifest, BatchManifestSchema);
  const summary = await readJson(staging, batch, STAGED.summary, BatchSummarySchema);
  if (summary.staging !== manifest.staging) {
    throw new StagedObjectError(`the lines of batch ${batch.batchId} were staged again since they were transformed`);
  }
  if (summary.segments.length !== manifest.segments.length) {
    throw new StagedObjectError(`the summary of batch ${batch.batchId} does not fit its manifest`);
  }
  return { manifest, summary };
}

/** Copies what is staged for a batch into the temporary tables, under the number `part`. Throws StagedObjectError. */
export async function stagePart(
  client: Client,
  staging: Staging,
  dataset: Dataset,
  batch: BatchRef,
  part: number,
): Promise<Part> {
  const { manifest, summary } = await readStaged(staging, batch);
  await client.query("select set_config('lethe.part', $1, true)", [part]);
  await stageRows(client, staging, batch, dataset, summary);
  return { part, batch, manifest, summary };
}
