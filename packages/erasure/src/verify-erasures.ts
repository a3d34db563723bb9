import { UnreadableFileError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { inputFormatOf } from "@lethe/input-files/input-format";
import { REDACTED } from "@lethe/privacy/mask-value";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import type { Area, Storage } from "@lethe/storage/storage";
import { countSealedFiles } from "@lethe/warehouse/erasures/file-keys";
import { type LogSources, type LogVerification, verifyLog } from "@lethe/warehouse/proof/verify-log";
import { readSuppressions, type StoredIdentifier } from "@lethe/warehouse/suppressions";
import type { ErasureContext } from "./context.js";
import { createListedPeople } from "./listed-people.js";
import { allFiles, type PersonFile } from "./person-files.js";
import { AREAS, type FileContext, type ScannedFile, scanFile } from "./scan-file.js";
import { scanTables } from "./search-tables.js";

export interface Finding {
  readonly place: string;
  /** A file's path below its place; empty for a table. */
  readonly name: string;
  readonly records: number;
}

export interface Verification extends LogVerification, Search {}

/** What was looked through for people on the suppression list, and what was found. */
export interface Search {
  readonly looked: { readonly records: number; readonly files: number; readonly bytes: number };
  readonly findings: readonly Finding[];
  /** Records of people on the list that wait for a person to say whose they are. */
  readonly held: number;
  /**
   * Tables that this login may not read; files that are encrypted because nothing can search them, those whose keys erasures
   * destroyed, those that could not be read, and those that Lethe keeps and that are not there.
   */
  readonly notSearched: {
    readonly tables: number;
    readonly sealed: number;
    readonly destroyed: number;
    readonly unreadable: number;
    readonly missing: number;
  };
}

/**
 * Checks the log of receipts against `sources`, and looks through everything that Lethe keeps, tables and files, for anybody
 * on the suppression list. The cost grows with all data: it is the auditor's question, not part of an erasure.
 */
export async function verifyErasures(context: SearchContext, sources: LogSources = {}): Promise<Verification> {
  const log = await verifyLog(context.pool, sources);
  const { identifiers } = await readSuppressions(context.pool);
  return { ...log, ...(await searchEverything(context, identifiers)) };
}

/** What a search for people on the suppression list works with. */
export type SearchContext = Pick<ErasureContext, "pool" | "ring" | "policy" | keyof FileContext>;

/** Looks through everything that Lethe keeps for those whom these identifiers name. */
export async function searchEverything(
  context: SearchContext,
  identifiers: readonly StoredIdentifier[],
): Promise<Search> {
  const findSuppression = createSuppressionFinder(identifiers, context.ring);
  const findings: Finding[] = [];
  const looked = { records: 0, files: 0, bytes: 0 };
  const people = createListedPeople(findSuppression, (subjectId) => subjectId);
  let held = 0;
  const tables = await scanTables(context, people, findSuppression);
  for (const scan of tables.scans) {
    looked.records += scan.records;
    held += scan.held;
    if (scan.findings > 0) findings.push({ place: scan.place, name: "", records: scan.findings });
  }
  const notSearched = {
    tables: tables.unreadable,
    ...(await countSealedFiles(context.pool)),
    ...{ unreadable: 0, missing: 0 },
  };
  const kept = new Map((await allFiles(context.pool)).map((file) => [`${AREAS[file.place]} ${file.path}`, file]));
  const seen = new Set<string>();
  for await (const file of filesOnDisk(context, kept)) {
    seen.add(`${file.area} ${file.key}`);
    const scan = await scanFile(context, file, people).catch(unreadable);
    if (scan === undefined) {
      notSearched.unreadable += 1;
      continue;
    }
    looked.files += 1;
    looked.records += scan.records;
    looked.bytes += scan.bytes;
    const records = scan.findings + (people.find(file.key).length > 0 ? 1 : 0);
    // A name from outside may itself name somebody.
    const name = people.find(file.key).length > 0 ? REDACTED : file.key;
    if (records > 0) findings.push({ place: PLACES[file.area], name, records });
  }
  for (const [name, file] of kept) {
    if (!file.isExpected || file.isSealed || seen.has(name)) continue;
    // It may have come since its folder was listed.
    if ((await context.storage.size(AREAS[file.place], file.path)) === undefined) notSearched.missing += 1;
  }
  return { looked, findings, held, notSearched };
}

/** Returns undefined for an error that concerns one file alone. Throws any other. */
function unreadable(error: unknown): undefined {
  if (error instanceof UnreadableFileError || ["EACCES", "EIO", "EPERM"].some((code) => hasSystemCode(error, code))) {
    return undefined;
  }
  throw error;
}

/** Returns the files that lie in Lethe's folders: those that are kept, and those of which the ledger knows nothing. */
async function* filesOnDisk(
  context: SearchContext,
  kept: ReadonlyMap<string, PersonFile>,
): AsyncGenerator<ScannedFile> {
  for (const area of ["landing", "claimed", "staging", "processed", "archived", "quarantined"] as const) {
    for await (const key of filesBelow(context.storage, area, "")) {
      const file = kept.get(`${area} ${key}`);
      if (file?.isSealed === true && area === "quarantined") continue;
      const name = key.slice(key.lastIndexOf("/") + 1);
      const named = context.datasets.names.find((dataset) => name.startsWith(`${dataset}.`));
      const dataset = file?.dataset ?? named ?? context.datasets.requests.name;
      const format = file?.format ?? inputFormatOf(key) ?? { shape: "ndjson", gzip: key.endsWith(".gz") };
      const damaged = area === "quarantined" || file === undefined;
      yield { area, key, dataset, format, damaged };
    }
  }
}

async function* filesBelow(storage: Storage, area: Area, folder: string): AsyncGenerator<string> {
  const folders: string[] = [];
  for await (const { name, kind } of storage.list(area, folder)) {
    const key = folder === "" ? name : `${folder}/${name}`;
    if (kind === "folder") folders.push(key);
    else if (kind === "file") yield key;
  }
  for (const below of folders) yield* filesBelow(storage, area, below);
}

/** The places under which files are reported. */
const PLACES: Readonly<Record<Area, string>> = {
  landing: "landing",
  claimed: "claimed",
  staging: "staging",
  processed: "processed_data",
  archived: "archived_data",
  quarantined: "quarantined_data",
};
