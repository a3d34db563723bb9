import { isKnownContent } from "@lethe/privacy/content-hash";
import { convertedKeyOf } from "@lethe/storage/claimed-key";
import { separateRead } from "@lethe/storage/separate-read";
import { adoptFile, type Claim, countAlreadyLoaded } from "@lethe/warehouse/ledger/claim-files";
import { inFencedTransaction, requireExtraction, whileChangingRun } from "@lethe/warehouse/ledger/extraction-fence";
import type { ExtractionContext } from "./context.js";
import { note } from "./notes.js";
import { returnFile } from "./return-left.js";
import type { TakenFile } from "./taken-file.js";

/**
 * Handles the files that a run could not claim. A file that was loaded or quarantined before is removed,
 * since the archive or the quarantine has it, without the people who were erased since. A file that another
 * active run has claimed goes back to landing, and a notice about it is added to the run.
 */
export async function setAsideUnclaimed(
  context: ExtractionContext,
  runId: string,
  files: readonly TakenFile[],
  claims: readonly Claim[],
): Promise<void> {
  let known = 0;
  const kept: string[] = [];
  for (const [i, file] of files.entries()) {
    const claim = claims[i];
    if (claim?.kind === "busy") {
      await note(context, "file_busy", file.path);
      await returnFile(context, runId, file);
    }
    if (claim?.kind !== "known") continue;
    known += 1;
    if (claim.quarantined === undefined) kept.push(...keysOf(file));
    else {
      await note(context, "file_quarantined_before", file.path);
      const { fileId, keptPath } = claim.quarantined;
      if ((await context.storage.size("quarantined", keptPath)) !== undefined) kept.push(...keysOf(file));
      else {
        // A crash came before it was moved: this run masks it, as it does all that it quarantines.
        await inFencedTransaction(context.pool, context.fence, (client) => adoptFile(client, runId, fileId));
        await moveToQuarantine(context, runId, file, keptPath);
      }
    }
  }
  if (known === 0) return;
  await requireExtraction(context.pool, context.fence);
  await context.storage.remove("claimed", kept);
  await whileChangingRun(context.pool, context.fence, (client) => countAlreadyLoaded(client, runId, known));
}

/**
 * Moves a claimed file to quarantine as it was read; one that has changed since goes back to landing. What was put there before
 * stays as it is: people who were erased in it must not come back with the same bytes.
 */
export async function moveToQuarantine(
  context: ExtractionContext,
  runId: string,
  file: TakenFile,
  newKey: string,
): Promise<void> {
  const { pool, fence, storage, ring } = context;
  const read = { bytes: file.bytes, isRead: (hash: Buffer) => isKnownContent(ring, hash, file.sha256) };
  await requireExtraction(pool, fence);
  const isThere = (await storage.size("quarantined", newKey)) !== undefined;
  const { key, hasChanged } = await separateRead(storage, file.claimedKey, read);
  if (key !== undefined && !isThere) await storage.move("claimed", "quarantined", [{ key, newKey }]);
  if (hasChanged) {
    await note(context, "file_changed", file.path);
    await returnFile(context, runId, file);
  } else {
    await storage.remove("claimed", keysOf(file));
  }
}

/** Returns the keys of a claimed file and, behind it, of what it was converted to, be it now or before an interruption. */
function keysOf({ claimedKey }: TakenFile): string[] {
  return [claimedKey, convertedKeyOf(claimedKey)];
}
