import type { DatasetName } from "@lethe/contracts/datasets";
import { inputFormatOf } from "@lethe/input-files/input-format";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { pendingErasures } from "@lethe/warehouse/erasures/erasure-work";
import { quarantinedFilesOfRun } from "@lethe/warehouse/ledger/finish-files";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext } from "./context.js";
import { eraseInRaw, type FileLocation } from "./erase-person-files.js";
import { createErasureTallies } from "./erasure-tallies.js";
import type { PersonFile } from "./person-files.js";

/**
 * Masks suppressed people in raw files that are about to leave landing for the archive: old files that came back, or
 * their request itself when it is taken up again after a crash. `keptPath` is where a file goes, for the receipts.
 */
export async function maskLandedFiles(
  context: ErasureContext,
  dataset: DatasetName,
  files: readonly { readonly path: string; readonly keptPath: string }[],
): Promise<void> {
  const arrived = files.map(({ path, keptPath }) => ({
    location: { area: "landing" as const, key: path },
    name: path,
    path: keptPath,
  }));
  await maskFiles(context, dataset, "archived_data", arrived);
}

/** Masks suppressed people in the unreadable files that a run has put into quarantine, as far as they can be read. */
export async function maskQuarantinedFiles(
  context: ErasureContext,
  runId: string,
  dataset: DatasetName,
): Promise<void> {
  const paths = await quarantinedFilesOfRun(context.pool, runId);
  const arrived = paths.map((path) => ({
    location: { area: "quarantined" as const, key: path },
    name: path,
    path,
  }));
  await maskFiles(context, dataset, "quarantined_data", arrived);
}

interface ArrivedFile {
  /** Where it lies now. */
  readonly location: FileLocation;
  /** Its name as it came, which tells the format. */
  readonly name: string;
  /** Its path below the place where it is kept. */
  readonly path: string;
}

async function maskFiles(
  context: ErasureContext,
  dataset: DatasetName,
  place: PersonFile["place"],
  arrived: readonly ArrivedFile[],
): Promise<void> {
  if (arrived.length === 0) return;
  const { identifiers } = await readSuppressions(context.pool);
  if (identifiers.length === 0) return;
  const findSuppression = createSuppressionFinder(identifiers, context.ring);
  const open = await pendingErasures(context.pool, context.datasets.requests.name);
  const damaged = place === "quarantined_data";
  for (const { location, name, path } of arrived) {
    const format = inputFormatOf(name);
    if (format === undefined) continue;
    const tallies = createErasureTallies(context.pool, open, place, path);
    await eraseInRaw(context, location, { dataset, format, damaged }, findSuppression, tallies);
  }
}
