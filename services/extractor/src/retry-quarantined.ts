import { createKeyReader } from "@lethe/landing/scan-landing";
import { isKnownContent } from "@lethe/privacy/content-hash";
import { returnClaimedFile } from "@lethe/storage/claimed-files";
import { claimedKeyOf, convertedKeyOf } from "@lethe/storage/claimed-key";
import { type ArchivedFile, recordBackfilled } from "@lethe/warehouse/ledger/backfill-files";
import { releaseQuarantined } from "@lethe/warehouse/ledger/claim-files";
import { inFencedTransaction, requireExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import type { ExtractionContext } from "./context.js";
import { inspectFile } from "./inspect-file.js";
import { note } from "./notes.js";

/**
 * Looks whether a file that stands in quarantine whole can be read now, because a setting has changed since. If so, it goes back to
 * landing, where the next run of its job takes it like any other, and its entry in quarantine is resolved. If not, it stays.
 */
export async function retryQuarantined(
  context: ExtractionContext,
  runId: string,
  run: RunSpec,
  file: ArchivedFile,
): Promise<void> {
  const { pool, fence, storage } = context;
  const path = file.keptPath;
  const claimedKey = claimedKeyOf(runId, path);
  const isReadable = await claimCopy(context, claimedKey, run, file);
  await requireExtraction(pool, fence);
  if (!isReadable) {
    await storage.remove("claimed", [claimedKey, convertedKeyOf(claimedKey)]);
    await note(context, "file_unreadable_still", path);
    await inFencedTransaction(pool, fence, (client) => recordBackfilled(client, runId, [file.id], "damaged"));
    return;
  }
  // Landing has it before quarantine lets it go: after a crash in between it is there twice, and loads once.
  const landed = await returnClaimedFile(storage, runId, path);
  await note(context, "file_tried_again", path, landed === path ? undefined : `It is ${landed} now.`);
  await storage.remove("quarantined", [path]);
  await inFencedTransaction(pool, fence, async (client) => {
    await releaseQuarantined(client, [file.id]);
    await recordBackfilled(client, runId, [file.id], "staged");
  });
}

/** Copies a file from quarantine to the claimed area, and reports whether it can be read there, as it came. */
async function claimCopy(
  context: ExtractionContext,
  claimedKey: string,
  { dataset }: RunSpec,
  file: ArchivedFile,
): Promise<boolean> {
  const { storage, limits, signal, ring } = context;
  const place = createKeyReader(context.datasets.names)(file.keptPath);
  if (place === undefined) return false;
  const kept = await storage.open("quarantined", file.keptPath);
  if (kept === undefined) return false;
  try {
    await (await storage.write("claimed", claimedKey, kept.bytes())).commit();
  } finally {
    await kept.close();
  }
  const csv = { ...context.inputOptions.get(dataset), form: context.datasets.get(dataset).csv };
  const options = { ...limits, csv };
  const inspected = await inspectFile(storage, { ...place, claimedKey }, context.batchBytes, options, signal);
  // An erasure may have masked it, or sealed it, since the run was opened.
  return (
    inspected !== undefined && inspected.unreadable === undefined && isKnownContent(ring, inspected.sha256, file.sha256)
  );
}
