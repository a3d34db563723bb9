import { InvalidInputError, UnreadableFileError } from "@lethe/contracts/errors";
import type { RecordTrace } from "@lethe/contracts/lineage";
import type { NoLine } from "@lethe/contracts/no-line";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Dataset } from "@lethe/datasets/dataset";
import { formatOfName, inputFormatOf } from "@lethe/input-files/input-format";
import type { Keyring } from "@lethe/privacy/privacy-key";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import type { Storage } from "@lethe/storage/storage";
import {
  batchesOfLine,
  readDeliveries,
  rejectedLines,
  replayedPayloads,
  type StoredDelivery,
} from "@lethe/warehouse/ledger/deliveries";
import type { Pool } from "@lethe/warehouse/pool";
import { isErasedRecord, readSuppressions } from "@lethe/warehouse/suppressions";
import { keptRecords } from "./kept-records.js";
import { matchesRow } from "./matches-row.js";
import { comparableKey, keyOfRecord, type RecordKey, recordKeyOf } from "./record-key.js";
import { dependantRows, type KeyedRow, rowsOfKey } from "./rows-of-key.js";

/** What lineage is read from. Without the keys it cannot be told whether a record that is not there was erased. */
export interface LineageContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
  readonly storage: Storage;
  readonly ring?: Keyring | undefined;
}

/**
 * Traces a record back by its key: a customer's id, a sku, a transaction's id. Returns its rows, each with the file that it came in
 * and the line there. Where a row's file is searched, it is read to its end. Throws InvalidInputError for a dataset whose
 * records have no key, and NotFoundError for an unknown dataset.
 */
export async function traceRecord(context: LineageContext, datasetName: string, asked: string): Promise<RecordTrace> {
  const dataset = context.datasets.get(datasetName);
  const key = requireKey(dataset);
  const value = comparableKey(key, asked) ?? "";
  const rows = await rowsOfKey(context.pool, key, value);
  if (rows.length === 0) {
    const found = (await wasErased(context, dataset, key, value)) ? "erased" : "nothing";
    return { dataset: dataset.name, found, rows: [] };
  }
  const fileIds = [...new Set(rows.flatMap(({ fileId }) => fileId ?? []))];
  const deliveries = await readDeliveries(context.pool, fileIds);
  const lines = new Map<KeyedRow, Place>();
  for (const [fileId, delivery] of deliveries) {
    const ofFile = rows.filter((row) => row.fileId === fileId);
    const places = await linesOfRows(context, dataset, key, value, delivery, ofFile);
    ofFile.forEach((row, i) => void lines.set(row, places[i] ?? NOT_FOUND));
  }
  const traced: RecordTrace["rows"] = [];
  for (const row of rows) {
    const place = row.fileId === null ? UNLINKED : (lines.get(row) ?? NOT_FOUND);
    traced.push({
      table: row.table,
      isCurrent: row.isCurrent,
      validFrom: row.validFrom,
      withRows: await dependantRows(context.pool, key, row),
      delivery: row.fileId === null ? null : (deliveries.get(row.fileId)?.delivery ?? null),
      line: place.line,
      noLine: place.noLine,
      batches:
        row.fileId === null || place.line === null ? [] : await batchesOfLine(context.pool, row.fileId, place.line),
    });
  }
  return { dataset: dataset.name, found: "rows", rows: traced };
}

/** Returns the key of a dataset's records. Throws InvalidInputError for a dataset without one. */
export function requireKey(dataset: Dataset): RecordKey {
  const key = recordKeyOf(dataset);
  if (key === undefined) {
    throw new InvalidInputError(
      `records of ${dataset.name} have no key that is kept in plain: trace them by file and line`,
    );
  }
  return key;
}

type Place = { readonly line: number; readonly noLine: null } | { readonly line: null; readonly noLine: NoLine };

const NOT_FOUND: Place = { line: null, noLine: "not_found" };
const UNLINKED: Place = { line: null, noLine: "unlinked" };
/** A file may hold the same key over and over. */
const MOST_CANDIDATES = 10_000;

/** Finds the line of each of the rows of one key that came in one file. */
async function linesOfRows(
  context: LineageContext,
  dataset: Dataset,
  key: RecordKey,
  value: string,
  delivery: StoredDelivery,
  rows: readonly KeyedRow[],
): Promise<Place[]> {
  const { fileId } = delivery.delivery;
  const { archivedAs } = delivery;
  // An edited record may have got its key in quarantine.
  const replayed = (await replayedPayloads(context.pool, fileId, { key: value })).flatMap(({ line, payload }) => {
    const record = parse(payload);
    return keyOfRecord(key, record) === value ? [toCandidate(dataset, rows, line, record)] : [];
  });
  if (archivedAs === null && replayed.length === 0) {
    return rows.map(() => ({ line: null, noLine: delivery.delivery.state === "done" ? "not_kept" : "not_archived" }));
  }
  try {
    const kept = archivedAs === null ? [] : await candidatesInFile(context, dataset, key, value, delivery, rows);
    const rejected = await rejectedLines(
      context.pool,
      fileId,
      kept.map(({ line }) => line),
    );
    const candidates = [...kept.filter(({ line }) => !rejected.has(line)), ...replayed];
    const [only, ...others] = new Set(candidates.map(({ line }) => line));
    return rows.map((_row, i) => {
      // What masking has left of a record need not fit its schema: the only line of the key is the row's all the same.
      const line =
        candidates.find(({ matches }) => matches[i] === true)?.line ?? (others.length === 0 ? only : undefined);
      return line === undefined ? NOT_FOUND : { line, noLine: null };
    });
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return rows.map(() => ({ line: null, noLine: "not_kept" }));
  }
}

/** A line with the key, and which of the rows its record became. */
interface Candidate {
  readonly line: number;
  readonly matches: readonly boolean[];
}

function toCandidate(dataset: Dataset, rows: readonly KeyedRow[], line: number, record: unknown): Candidate {
  return { line, matches: rows.map(({ row }) => matchesRow(dataset, record, row)) };
}

async function candidatesInFile(
  { storage }: LineageContext,
  dataset: Dataset,
  key: RecordKey,
  value: string,
  { archivedAs, format }: StoredDelivery,
  rows: readonly KeyedRow[],
): Promise<Candidate[]> {
  const keptFormat = formatOfName(format) ?? inputFormatOf(archivedAs ?? "");
  if (archivedAs === null || keptFormat === undefined) return [];
  const candidates: Candidate[] = [];
  for await (const { line, record } of keptRecords(storage, dataset, {
    area: "archived",
    key: archivedAs,
    format: keptFormat,
  })) {
    if (keyOfRecord(key, record) !== value) continue;
    candidates.push(toCandidate(dataset, rows, line, record));
    if (candidates.length === MOST_CANDIDATES) break;
  }
  return candidates;
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** Reports whether a key that no row has was a record's whose person was erased. */
async function wasErased(
  { pool, ring }: LineageContext,
  dataset: Dataset,
  key: RecordKey,
  value: string,
): Promise<boolean> {
  if (ring === undefined) return false;
  if (key.isPersonal) {
    const { identifiers } = await readSuppressions(pool);
    return createSuppressionFinder(identifiers, ring)(value, null) !== undefined;
  }
  return isErasedRecord(
    pool,
    ring.all.map((one) => dataset.hashRecordId(value, one)),
  );
}
