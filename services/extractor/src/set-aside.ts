import { type Claim, countAlreadyLoaded } from "@lethe/warehouse/ledger/claim-files";
import { addNotice } from "@lethe/warehouse/ledger/read-runs";
import type { ExtractorContext } from "./context.js";
import type { InspectedFile } from "./inspect-file.js";

/**
 * Handles the files that a run could not claim. A file whose content was loaded before is removed from landing, since
 * the archive has it; one whose content was unreadable before is moved to quarantine. A file that another active run
 * has claimed stays in landing, and a notice about it is added to the run.
 */
export async function setAsideUnclaimed(
  context: ExtractorContext,
  runId: string,
  files: readonly InspectedFile[],
  claims: readonly Claim[],
): Promise<void> {
  let known = 0;
  const loaded: string[] = [];
  for (const [i, file] of files.entries()) {
    const claim = claims[i];
    if (claim?.kind === "busy") await addNotice(context.pool, runId, "file_busy", file.path);
    if (claim?.kind !== "known") continue;
    known += 1;
    if (claim.quarantined) await moveToQuarantine(context, file);
    else loaded.push(file.path);
  }
  await context.storage.remove("landing", loaded);
  if (known > 0) await countAlreadyLoaded(context.pool, runId, known);
}

/** Returns where an unreadable file is kept: its path with the first digits of its hash, so that the next finds room. */
export function quarantinePath(file: InspectedFile): string {
  return `${file.path}.${file.sha256.toString("hex").slice(0, 12)}`;
}

/**
 * Moves a file from landing to quarantine. What was put there before stays as it is: people who were erased in it must not
 * come back with the same bytes.
 */
export async function moveToQuarantine({ storage }: ExtractorContext, file: InspectedFile): Promise<void> {
  const newKey = quarantinePath(file);
  const isThere = (await storage.size("quarantined", newKey)) !== undefined;
  if (isThere) await storage.remove("landing", [file.path]);
  else await storage.move("landing", "quarantined", [{ key: file.path, newKey }]);
}
