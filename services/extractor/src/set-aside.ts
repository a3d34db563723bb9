import { adoptFile, type Claim, countAlreadyLoaded } from "@lethe/warehouse/ledger/claim-files";
import { addNotice } from "@lethe/warehouse/ledger/read-runs";
import type { ExtractorContext } from "./context.js";
import type { InspectedFile } from "./inspect-file.js";

/**
 * Handles the files that a run could not claim. A file whose content was loaded or quarantined before is removed from
 * landing, since the archive or the quarantine has it, without the people who were erased since. A file that another
 * active run has claimed stays in landing, and a notice about it is added to the run.
 */
export async function setAsideUnclaimed(
  context: ExtractorContext,
  runId: string,
  files: readonly InspectedFile[],
  claims: readonly Claim[],
): Promise<void> {
  let known = 0;
  const kept: string[] = [];
  for (const [i, file] of files.entries()) {
    const claim = claims[i];
    if (claim?.kind === "busy") await addNotice(context.pool, runId, "file_busy", file.path);
    if (claim?.kind !== "known") continue;
    known += 1;
    if (claim.quarantined === undefined) kept.push(file.path);
    else {
      await addNotice(context.pool, runId, "file_quarantined_before", file.path);
      const { fileId, keptPath } = claim.quarantined;
      if ((await context.storage.size("quarantined", keptPath)) !== undefined) kept.push(file.path);
      else {
        // A crash came before it was moved: this run masks it, as it does all that it quarantines.
        await adoptFile(context.pool, runId, fileId);
        await moveToQuarantine(context, file, keptPath);
      }
    }
  }
  await context.storage.remove("landing", kept);
  if (known > 0) await countAlreadyLoaded(context.pool, runId, known);
}

/**
 * Moves a file from landing to quarantine. What was put there before stays as it is: people who were erased in it must not
 * come back with the same bytes.
 */
export async function moveToQuarantine(
  { storage }: ExtractorContext,
  file: InspectedFile,
  newKey: string,
): Promise<void> {
  const isThere = (await storage.size("quarantined", newKey)) !== undefined;
  if (isThere) await storage.remove("landing", [file.path]);
  else await storage.move("landing", "quarantined", [{ key: file.path, newKey }]);
}
