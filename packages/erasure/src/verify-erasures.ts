import type { DatasetName } from "@lethe/contracts/datasets";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { createSuppressionFinder, type FindSuppression } from "@lethe/privacy/suppression-list";
import { type LogSources, type LogVerification, verifyLog } from "@lethe/warehouse/proof/verify-log";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext } from "./context.js";
import { namesSuppressed } from "./names-suppressed.js";
import { allFiles } from "./person-files.js";
import { personTables, selectEverybody } from "./person-tables.js";
import { ALL_QUARANTINED } from "./quarantine-statements.js";
import { scanFile } from "./scan-file.js";

export interface Finding {
  readonly place: string;
  /** A file's path below its place; empty for a table. */
  readonly name: string;
  readonly records: number;
}

export interface Verification extends LogVerification {
  readonly looked: { readonly records: number; readonly files: number; readonly bytes: number };
  readonly findings: readonly Finding[];
}

/**
 * Checks the log of receipts against `sources`, and looks through everything that Lethe keeps, tables and files, for anybody
 * on the suppression list. The cost grows with all data: it is the auditor's question, not part of an erasure.
 */
export async function verifyErasures(context: ErasureContext, sources: LogSources = {}): Promise<Verification> {
  const log = await verifyLog(context.pool, sources);
  const { identifiers } = await readSuppressions(context.pool);
  const findSuppression = createSuppressionFinder(identifiers, context.ring);
  const findings: Finding[] = [];
  const looked = { records: 0, files: 0, bytes: 0 };
  for (const { place, records, found } of await scanTables(context, findSuppression)) {
    looked.records += records;
    if (found > 0) findings.push({ place, name: "", records: found });
  }
  for (const file of await allFiles(context.pool)) {
    const scan = await scanFile(context, file, findSuppression);
    looked.files += 1;
    looked.records += scan.records;
    looked.bytes += scan.bytes;
    if (scan.findings > 0) findings.push({ place: file.place, name: file.path, records: scan.findings });
  }
  return {
    ...log,
    looked,
    findings,
  };
}

async function scanTables(context: ErasureContext, findSuppression: FindSuppression) {
  const byPlace = new Map<string, { place: string; records: number; found: number }>();
  const look = (place: string, isFound: boolean) => {
    const sums = byPlace.get(place) ?? { place, records: 0, found: 0 };
    sums.records += 1;
    if (isFound) sums.found += 1;
    byPlace.set(place, sums);
  };
  const people = await context.pool.query<{ place: string; id: string | null; email: string | null }>(
    selectEverybody(personTables(context.datasets)),
  );
  for (const { place, id, email } of people.rows) look(place, findSuppression(id, email) !== undefined);
  const quarantined = await context.pool.query<QuarantinedRow>(ALL_QUARANTINED);
  for (const row of quarantined.rows) look("ledger.quarantine", isNamed(context, row, findSuppression));
  return byPlace.values();
}

interface QuarantinedRow {
  dataset: DatasetName;
  reason: string;
  payload: string;
  encoding: "utf8" | "base64";
}

function isNamed(context: ErasureContext, row: QuarantinedRow, findSuppression: FindSuppression): boolean {
  const text = Buffer.from(row.payload, row.encoding).toString("utf8");
  if (row.reason === "unreadable") return findMentionedPerson(text, findSuppression) !== undefined;
  return namesSuppressed(context.datasets.get(row.dataset), JSON.parse(text), text, findSuppression);
}
