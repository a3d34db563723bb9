import { join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import { parseFileName } from "@lethe/input-files/input-format";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { quarantinedFilesOfRun } from "@lethe/warehouse/ledger/finish-files";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext } from "./context.js";
import { eraseInRaw } from "./erase-person-files.js";

/** Masks suppressed people in a raw file that is about to leave landing for the archive: an old file that came back. */
export async function maskLandedFile(context: ErasureContext, dataset: DatasetName, path: string): Promise<void> {
  await maskFile(context, context.landing, dataset, path, path);
}

/** Masks suppressed people in the unreadable files that a run has put into quarantine, as far as they can be read. */
export async function maskQuarantinedFiles(
  context: ErasureContext,
  runId: string,
  dataset: DatasetName,
): Promise<void> {
  for (const path of await quarantinedFilesOfRun(context.pool, runId)) {
    await maskFile(context, context.quarantined, dataset, path, path.replace(/\.[0-9a-f]{12}$/, ""));
  }
}

async function maskFile(context: ErasureContext, root: string, dataset: DatasetName, path: string, name: string) {
  const { people } = await readSuppressions(context.pool);
  const format = parseFileName(name.slice(name.lastIndexOf("/") + 1))?.format;
  if (people.length === 0 || format === undefined) return;
  const findSuppression = createSuppressionFinder(people, context.ring);
  const damaged = root === context.quarantined;
  await eraseInRaw(
    context,
    join(root, path),
    { dataset, format, damaged },
    findSuppression,
    NOBODY_COUNTS,
    NOTHING_FIRST,
  );
}

const NOBODY_COUNTS = () => undefined;
const NOTHING_FIRST = async () => undefined;
