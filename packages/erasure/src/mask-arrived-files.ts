import type { DatasetName } from "@lethe/contracts/datasets";
import { inputFormatOf } from "@lethe/input-files/input-format";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { readReplacements } from "@lethe/warehouse/erasures/erased-records";
import { pendingErasures } from "@lethe/warehouse/erasures/erasure-work";
import { archivedFilesOfReplay, quarantinedFilesOfRun } from "@lethe/warehouse/ledger/finish-files";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext } from "./context.js";
import { eraseInRaw, type FileLocation, type FileSearch } from "./erase-person-files.js";
import { dropGzipNames } from "./gzip-names.js";
import { isSearchable } from "./is-searchable.js";
import { COMPLETED, createListedPeople } from "./listed-people.js";
import type { PersonFile } from "./person-files.js";
import { sealFile } from "./sealed-files.js";
import { countPlace } from "./search-run.js";

/**
 * Masks suppressed people in raw files that a run has claimed and that are about to be archived: old files that came back, or
 * their request itself when it is taken up again after a crash. `keptPath` is where a file goes, for the receipts.
 */
export async function maskClaimedFiles(
  context: ErasureContext,
  dataset: DatasetName,
  files: readonly { readonly id: number; readonly key: string; readonly keptPath: string }[],
): Promise<void> {
  const arrived = files.map(({ id, key, keptPath }) => ({
    id,
    location: { area: "claimed" as const, key },
    path: keptPath,
  }));
  await maskFiles(context, dataset, "archived_data", arrived);
}

/**
 * Masks suppressed people in the unreadable files that a run has put into quarantine, as far as they can be read. A file
 * that no erasure could search is encrypted under a key of its own, which the next erasure destroys.
 */
export async function maskQuarantinedFiles(
  context: ErasureContext,
  runId: string,
  dataset: DatasetName,
): Promise<void> {
  const files = await quarantinedFilesOfRun(context.pool, runId);
  const arrived: ArrivedFile[] = [];
  for (const { id, path } of files) {
    const format = inputFormatOf(path);
    if (format === undefined) continue;
    await dropGzipNames(context.storage, { area: "quarantined", key: path }, { dataset, format });
    if (await isSearchable(context.storage, path, format, context.maxUnpackRatio)) {
      arrived.push({ id, location: { area: "quarantined", key: path }, path });
    } else {
      await sealFile(context, id, path);
    }
  }
  await maskFiles(context, dataset, "quarantined_data", arrived);
}

/**
 * Masks suppressed people in archived files of which a replay has taken records: a person decided that they are those of
 * somebody who was erased, and until then the archive kept them as they came.
 */
export async function maskReplayedFiles(context: ErasureContext, runId: string, dataset: DatasetName): Promise<void> {
  const files = await archivedFilesOfReplay(context.pool, runId);
  const arrived = files.map(({ id, path }) => ({ id, location: { area: "archived" as const, key: path }, path }));
  await maskFiles(context, dataset, "archived_data", arrived);
}

interface ArrivedFile {
  /** The ledger's number of it. */
  readonly id: number;
  /** Where it lies now. */
  readonly location: FileLocation;
  /** Its path below the place where it is kept, which tells the format. */
  readonly path: string;
}

async function maskFiles(
  context: ErasureContext,
  dataset: DatasetName,
  place: PersonFile["place"],
  arrived: readonly ArrivedFile[],
): Promise<void> {
  if (arrived.length === 0) return;
  const search = await searchForListed(context);
  if (search === undefined) return;
  const damaged = place === "quarantined_data";
  for (const { id, location, path } of arrived) {
    const format = inputFormatOf(path);
    if (format === undefined) continue;
    await eraseInRaw(context, location, { dataset, format, damaged, fileIds: [id] }, search, countPlace(place, path));
  }
}

/** Returns the search for everybody on the suppression list; undefined while nobody is. */
async function searchForListed(context: ErasureContext): Promise<FileSearch | undefined> {
  const { identifiers } = await readSuppressions(context.pool);
  if (identifiers.length === 0) return undefined;
  const findSuppression = createSuppressionFinder(identifiers, context.ring);
  const open = await pendingErasures(context.pool, context.datasets.requests.name);
  const erasures = new Map(open.map(({ id, subjectId }) => [subjectId, id]));
  // What is masked of people whose erasure is completed is on no receipt.
  const people = createListedPeople(findSuppression, (subjectId) => erasures.get(subjectId) ?? COMPLETED);
  return { people, findSuppression, replacementOf: await readReplacements(context.pool) };
}
