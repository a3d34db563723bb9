import { randomBytes, randomUUID } from "node:crypto";
import { type BatchManifest, linesOf, type Segment, STAGED } from "@lethe/contracts/staged-batch";
import { writeJson } from "@lethe/storage/json-object";
import type { Staging } from "@lethe/storage/staging";
import type { NewBatch } from "@lethe/warehouse/ledger/record-batches";

/** Writes a batch's lines and manifest to staging and returns what the ledger is to record of it. A new batch gets a new id. */
export async function stageBatch(
  staging: Staging,
  runId: string,
  segments: readonly Segment[],
  lines: readonly Buffer[],
  id: string = randomUUID(),
): Promise<NewBatch> {
  const batch = { runId, batchId: id };
  const name = randomBytes(8).toString("hex");
  const bytes = await staging.write(batch, linesOf({ staging: name }), lines);
  const manifest: BatchManifest = { staging: name, segments: [...segments], bytes };
  await writeJson(staging, batch, STAGED.manifest, manifest);
  return { id, runId, bytes, stagedBytes: await staging.size(batch), segments };
}
