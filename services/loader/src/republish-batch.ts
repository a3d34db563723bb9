import type { BatchManifest } from "@lethe/contracts/staged-batch";
import type { BatchRef } from "@lethe/storage/staging";
import { type BatchInfo, lockBatch } from "@lethe/warehouse/ledger/load-batch";
import { recordRepublished, rejectedPlaces } from "@lethe/warehouse/ledger/republish-batch";
import { inTransaction } from "@lethe/warehouse/pool";
import { unpublishedPlaces } from "./backfilled-records.js";
import type { LoaderContext } from "./context.js";
import { readStaged } from "./stage-part.js";
import { writePublished } from "./write-published.js";

/**
 * Creates again the output of a loaded batch for `processed_data/`, after the first output was lost. The batch's rows
 * stay in the warehouse unchanged. Which records were loaded is determined from quarantine. Throws StagedObjectError
 * and TransientError.
 */
export async function republishBatch(
  context: LoaderContext,
  batch: BatchRef,
  info: BatchInfo,
  signal: AbortSignal,
): Promise<void> {
  const { manifest, summary } = await readStaged(context.staging, batch);
  await inTransaction(
    context.pool,
    async (client) => {
      if (!(await lockBatch(client, batch.batchId))) return;
      if (info.kind === "backfill") {
        const left = await unpublishedPlaces(client, batch.runId, context.datasets.get(info.dataset), { manifest });
        const made = await writePublished(context.staging, batch, summary, left);
        await recordRepublished(client, batch.runId, batch.batchId, made.attempt, made.parts);
        return;
      }
      if (info.kind === "plan") throw new Error("a plan publishes nothing");
      const quarantineIds = manifest.segments.flatMap((segment) => segment.quarantineIds ?? []);
      const rejected = await rejectedPlaces(client, batch.batchId, info.kind, quarantineIds);
      const output = await writePublished(context.staging, batch, summary, ordinalsOf(manifest, rejected));
      await recordRepublished(client, batch.runId, batch.batchId, output.attempt, output.parts);
    },
    signal,
  );
}

function ordinalsOf(
  manifest: BatchManifest,
  places: readonly { readonly fileId: number; readonly line: number }[],
): { readonly ordinal: number }[] {
  const ordinals = new Map<string, number>();
  for (const { fileId, firstOrdinal, firstLine, lineCount, lines } of manifest.segments) {
    for (let i = 0; i < lineCount; i++) ordinals.set(`${fileId}:${lines?.[i] ?? firstLine + i}`, firstOrdinal + i);
  }
  return places.flatMap(({ fileId, line }) => {
    const ordinal = ordinals.get(`${fileId}:${line}`);
    return ordinal === undefined ? [] : [{ ordinal }];
  });
}
