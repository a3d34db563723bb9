import { lstat, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { removeEmptyFolders } from "@lethe/staging/remove-empty-folders";
import { type Claim, countAlreadyLoaded } from "@lethe/warehouse/ledger/claim-files";
import { addNotice } from "@lethe/warehouse/ledger/read-runs";
import type { ExtractorContext } from "./context.js";
import type { InspectedFile } from "./inspect-file.js";

/**
 * Does what is to be done with files that the run has not got. Those whose content Lethe has already leave landing: what
 * was loaded stands in the archive, what was unreadable in quarantine. Those that another open run has stay, and are named.
 */
export async function setAsideUnclaimed(
  context: ExtractorContext,
  runId: string,
  files: readonly InspectedFile[],
  claims: readonly Claim[],
): Promise<void> {
  const known: string[] = [];
  for (const [i, file] of files.entries()) {
    const claim = claims[i];
    if (claim?.kind === "busy") await addNotice(context.pool, runId, "file_busy", file.path);
    if (claim?.kind !== "known") continue;
    known.push(file.path);
    if (claim.quarantined) await moveToQuarantine(context, file);
    else await rm(join(context.landing, file.path), { force: true });
  }
  if (known.length > 0) await countAlreadyLoaded(context.pool, runId, known.length);
  await removeEmptyFolders(context.landing, known);
}

/** Returns where an unreadable file is kept: its path with the first digits of its hash, so that the next finds room. */
export function quarantinePath(file: InspectedFile): string {
  return `${file.path}.${file.sha256.toString("hex").slice(0, 12)}`;
}

/**
 * Moves a file from landing to the quarantine folder. What was put there before stays as it is: people who were erased in
 * it must not come back with the same bytes.
 */
export async function moveToQuarantine(context: ExtractorContext, file: InspectedFile): Promise<void> {
  const source = join(context.landing, file.path);
  const target = join(context.quarantine, quarantinePath(file));
  await mkdir(dirname(target), { recursive: true });
  try {
    if (await isThere(target)) await rm(source, { force: true });
    else await rename(source, target);
  } catch (error) {
    if (!hasSystemCode(error, "ENOENT")) throw error;
  }
  await removeEmptyFolders(context.landing, [file.path]);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return false;
    throw error;
  }
}
