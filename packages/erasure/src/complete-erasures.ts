import type { ErasurePlace, ReceiptBody } from "@lethe/contracts/erasures";
import { createSuppressionFinder, type FindSuppression } from "@lethe/privacy/suppression-list";
import { removeMade } from "@lethe/storage/claimed-files";
import { isRunId } from "@lethe/storage/claimed-key";
import { tablesAboutPeople } from "@lethe/warehouse/data-map";
import { readReplacements } from "@lethe/warehouse/erasures/erased-records";
import { recordFailedAttempts } from "@lethe/warehouse/erasures/erasure-attempts";
import { inErasureTransaction, withErasureLock } from "@lethe/warehouse/erasures/erasure-fence";
import { type PendingErasure, pendingErasures, readPlacesOf } from "@lethe/warehouse/erasures/erasure-work";
import { readErasuresById } from "@lethe/warehouse/erasures/read-erasures";
import { completeErasuresTogether } from "@lethe/warehouse/erasures/receipts";
import { vacuumErasedTables } from "@lethe/warehouse/erasures/vacuum-erased-tables";
import { whichAreActive } from "@lethe/warehouse/ledger/active-runs";
import { whileClosed } from "@lethe/warehouse/ledger/closed-runs";
import { forgetStaged } from "@lethe/warehouse/ledger/staged-bytes";
import { signLog } from "@lethe/warehouse/proof/sign-log";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext, ErasureLog, HeldErasureContext } from "./context.js";
import { erasePersonFiles } from "./erase-person-files.js";
import { findPseudonyms } from "./find-pseudonyms.js";
import { createListedPeople } from "./listed-people.js";
import { allFiles, filesOf, type PersonFile } from "./person-files.js";
import { scanDatabase } from "./scan-people.js";
import { destroyFileKeys } from "./sealed-files.js";
import { type SearchRun, startSearchRun } from "./search-run.js";
import { type SearchScope, searchScope } from "./search-scope.js";
import { findRowsLeft, searchTables } from "./search-tables.js";
import { createSearchedPeople, type SearchedPeople } from "./searched-people.js";
import { readSubjectValues, type SubjectValues } from "./subject-values.js";

/** Receipts that are written in one transaction. */
const RECEIPTS_AT_ONCE = 200;

/**
 * Takes every erasure that waits for no older run to its end. Tables and files are searched and rewritten once for all of
 * their people; what is written is searched again as it is written, so that this is the closing scan as well. Then the
 * tables are vacuumed, and each erasure gets its receipt. An erasure that fails, or whose person is found still, is recorded
 * and tried again later; no other erasure waits for it. Every step can be done again: after a crash the work begins anew and
 * finds less to do. At the end the log of receipts is signed.
 */
export async function completeErasures(context: ErasureContext, log: ErasureLog): Promise<void> {
  const { pool, signing } = context;
  try {
    await withErasureLock(pool, async (fence) => {
      const open = await pendingErasures(pool, context.datasets.requests.name, context.finishingRun);
      const ready = open.filter(({ waits, isDue }) => !waits && isDue);
      if (ready.length > 0) await complete({ ...context, fence }, ready, open, log);
    });
  } catch (error) {
    // The receipts of others are written. What keeps them from being signed now, the next round meets again.
    if (signing !== undefined) await signLog(pool, signing).catch(() => undefined);
    throw error;
  }
  context.onStep?.("about to sign");
  if (signing !== undefined) await signLog(pool, signing);
}

async function complete(
  context: HeldErasureContext,
  erasures: readonly PendingErasure[],
  open: readonly PendingErasure[],
  log: ErasureLog,
): Promise<void> {
  const { pool, fence } = context;
  const { identifiers } = await readSuppressions(pool);
  const findSuppression = createSuppressionFinder(identifiers, context.ring);
  // Those that have to wait have their people masked on the way, too.
  const values = await readSubjectValues(
    context.pool,
    context.ring,
    open.map(({ id }) => id),
  );
  const people = searchFor(open, values, findSuppression, context);
  context.onStep?.("erasures ready");
  await removeStagedOfClosedRuns(context);
  await removeMadeByClosedRuns(context);
  const scope = await searchScope(context.pool, context.fullSearchBytes);
  const run = startSearchRun();
  const changed = await searchTables(context, people, findSuppression, scope, run);
  if (scope !== "everything") await findRowsLeft(context, people, identifiersOf(values), run);
  const files = await filesToSearch(context, scope, erasures, values, run);
  const replacementOf = await readReplacements(context.pool);
  const search = findPseudonyms({ people, findSuppression }, open, context.ring);
  await erasePersonFiles(context, files, { ...search, replacementOf }, run);
  context.onStep?.("files erased");
  await checkPseudonymised(context, erasures, findSuppression, run);
  const sealedFiles = await destroyFileKeys(context, files);
  const vacuumedAt = await vacuumErasedTables(context.pool, [
    ...new Set([...tablesAboutPeople(context.datasets.database), ...changed]),
  ]);
  context.onStep?.("scanned");
  await inErasureTransaction(pool, fence, (client) => recordFailedAttempts(client, [...run.failures.values()]));
  for (const { erasureId, errorCode, place } of run.failures.values()) {
    log.error({ erasure: erasureId, errorCode, place }, "the erasure could not be completed and is tried again");
  }
  const done = erasures.filter(({ id }) => !run.failures.has(id));
  for (let i = 0; i < done.length; i += RECEIPTS_AT_ONCE) {
    const some = done.slice(i, i + RECEIPTS_AT_ONCE);
    const bodies = await receiptsOf(context, some, { run, scope, vacuumedAt, sealedFiles });
    const entries = await inErasureTransaction(pool, fence, (client) => completeErasuresTogether(client, bodies));
    context.onStep?.("receipt written");
    for (const [n, { sequence }] of entries.entries()) {
      log.info({ erasure: some[n]?.id, receipt: sequence }, "erasure completed");
    }
  }
}

/** What is known of erasures from before their values were kept is on the suppression list alone. */
function searchFor(
  open: readonly PendingErasure[],
  values: ReadonlyMap<string, SubjectValues>,
  findSuppression: FindSuppression,
  context: Pick<ErasureContext, "datasets">,
): SearchedPeople {
  const people = createSearchedPeople(values, context.datasets);
  const bySubject = new Map(open.filter(({ id }) => !values.has(id)).map(({ id, subjectId }) => [subjectId, id]));
  if (bySubject.size === 0) return people;
  const listed = createListedPeople(findSuppression, (subjectId) => bySubject.get(subjectId));
  return {
    ...people,
    isEmpty: false,
    find: (text) => [...people.find(text), ...listed.find(text)],
    ownerOf: (subject) => people.ownerOf(subject) ?? listed.ownerOf(subject),
  };
}

async function filesToSearch(
  context: ErasureContext,
  scope: SearchScope,
  erasures: readonly PendingErasure[],
  values: ReadonlyMap<string, SubjectValues>,
  run: SearchRun,
): Promise<PersonFile[]> {
  if (scope === "everything") return allFiles(context.pool);
  const pseudonyms = erasures.flatMap((erasure) => erasure.pseudonyms);
  const fileIds = new Set([...run.fileIds, ...[...values.values()].flatMap((own) => own.fileIds)]);
  return filesOf(context, pseudonyms, null, [...fileIds]);
}

/** Fails the erasures of people who keep a pseudonym and whose rows masking would still change. */
async function checkPseudonymised(
  context: ErasureContext,
  erasures: readonly PendingErasure[],
  findSuppression: FindSuppression,
  run: SearchRun,
): Promise<void> {
  const pseudonymised = erasures.filter(({ outcome }) => outcome === "pseudonymise");
  const all = pseudonymised.flatMap(({ pseudonyms }) => pseudonyms);
  if (all.length === 0 || (await scanDatabase(context, all, findSuppression)).findings === 0) return;
  for (const { id, pseudonyms } of pseudonymised) {
    const { findings } = await scanDatabase(context, pseudonyms, findSuppression);
    if (findings > 0) run.fail([id], "still_found", "database", "");
  }
}

function identifiersOf(values: ReadonlyMap<string, SubjectValues>) {
  const all = [...values.values()];
  return { ids: all.flatMap(({ ids }) => ids), emails: all.flatMap(({ emails }) => emails) };
}

interface Completed {
  readonly run: SearchRun;
  readonly scope: SearchScope;
  readonly vacuumedAt: Date;
  /** Files that could not be searched, and whose keys were destroyed. */
  readonly sealedFiles: number;
}

async function receiptsOf(
  { pool }: ErasureContext,
  erasures: readonly PendingErasure[],
  { run, scope, vacuumedAt, sealedFiles }: Completed,
): Promise<ReceiptBody[]> {
  const ids = erasures.map(({ id }) => id);
  const byId = await readErasuresById(pool, ids);
  const places = await readPlacesOf(pool, ids);
  const completedAt = new Date().toISOString();
  return erasures.flatMap(({ id, keyId, outcome }) => {
    const erasure = byId.get(id);
    if (erasure === undefined) return [];
    const { pseudonym, policyVersion, found, requestedAt, receivedAt, suppressedAt } = erasure;
    const own = places.get(id) ?? [];
    return [
      {
        // The request itself is in both places, whoever asks; whoever else is there has rows as well.
        found: found || own.some(({ place }) => place !== "archived_data" && place !== "processed_data"),
        ...{ erasureId: id, pseudonym, keyId, policyVersion, outcome },
        ...{ requestedAt, receivedAt, suppressedAt, completedAt },
        places: outcome === "pseudonymise" ? [...own] : withoutNames(own),
        vacuumedAt: vacuumedAt.toISOString(),
        scan: { ...run.scan, findings: 0, scope, notSearched: { ...run.notSearched, destroyed: sealedFiles } },
      },
    ];
  });
}

/** Adds up what was masked in the files of a place: their names would tie what remains to the person. */
function withoutNames(places: readonly ErasurePlace[]): ErasurePlace[] {
  const sums = new Map<string, ErasurePlace>();
  for (const { place, records, values } of places) {
    const sum = sums.get(place) ?? { place, name: "", records: 0, values: 0 };
    sums.set(place, { ...sum, records: sum.records + records, values: sum.values + values });
  }
  return [...sums.values()];
}

/** Removes what closed runs left in staging: it is no longer of use, and may hold data of any person. */
async function removeStagedOfClosedRuns(context: ErasureContext): Promise<void> {
  const staged = await context.staging.listRuns();
  const open = await whichAreActive(context.pool, staged);
  const useless = staged.filter((runId) => !open.has(runId));
  // What a crash leaves here is found again by its folder.
  await forgetStaged(context.pool, useless);
  for (const runId of useless) await context.staging.removeRun(runId);
}

/** Removes what closed runs made of files that they had claimed, and left behind. Those files have gone elsewhere. */
async function removeMadeByClosedRuns({ pool, storage }: ErasureContext): Promise<void> {
  for await (const { name, kind } of storage.list("claimed", "")) {
    if (kind !== "folder" || !isRunId(name)) continue;
    await whileClosed(pool, name, (_client, held) => removeMade(storage, name, held));
  }
}
