import { join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import { parseFileName } from "@lethe/input-files/input-format";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { openErasures } from "@lethe/warehouse/erasures/erasure-work";
import { quarantinedFilesOfRun } from "@lethe/warehouse/ledger/finish-files";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext } from "./context.js";
import { eraseInRaw } from "./erase-person-files.js";
import { createErasureTallies } from "./erasure-tallies.js";
import type { PersonFile } from "./person-files.js";

/**
 * Masks suppressed people in a raw file that is about to leave landing for the archive: an old file that came back, or
 * their request itself when it is taken up again after a crash. `keptPath` is where it goes, for the receipts.
 */
export async function maskLandedFile(
  context: ErasureContext,
  dataset: DatasetName,
  path: string,
  keptPath: string,
): Promise<void> {
  await maskFile(context, join(context.landing, path), path, { dataset, place: "archived_data", path: keptPath });
}

/** Masks suppressed people in the unreadable files that a run has put into quarantine, as far as they can be read. */
export async function maskQuarantinedFiles(
  context: ErasureContext,
  runId: string,
  dataset: DatasetName,
): Promise<void> {
  for (const path of await quarantinedFilesOfRun(context.pool, runId)) {
    const name = path.replace(/\.[0-9a-f]{12}$/, "");
    await maskFile(context, join(context.quarantined, path), name, { dataset, place: "quarantined_data", path });
  }
}

async function maskFile(
  context: ErasureContext,
  file: string,
  name: string,
  kept: Pick<PersonFile, "dataset" | "place" | "path">,
): Promise<void> {
  const { people } = await readSuppressions(context.pool);
  const format = parseFileName(name.slice(name.lastIndexOf("/") + 1))?.format;
  if (people.length === 0 || format === undefined) return;
  const findSuppression = createSuppressionFinder(people, context.ring);
  const damaged = kept.place === "quarantined_data";
  const tallies = createErasureTallies(context.pool, await openErasures(context.pool), kept.place, kept.path);
  await eraseInRaw(context, file, { dataset: kept.dataset, format, damaged }, findSuppression, tallies);
}
