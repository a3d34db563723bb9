import { NotFoundError, UnreadableFileError } from "@lethe/contracts/errors";
import type { LineTrace } from "@lethe/contracts/lineage";
import type { Dataset } from "@lethe/datasets/dataset";
import { formatOfName, inputFormatOf } from "@lethe/input-files/input-format";
import {
  batchesOfLine,
  isLineRejected,
  quarantinedOfLine,
  readDeliveries,
  replayedPayloads,
  type StoredDelivery,
} from "@lethe/warehouse/ledger/deliveries";
import { type KeptLine, keptRecords } from "./kept-records.js";
import { matchesRow } from "./matches-row.js";
import { keyOfRecord, recordKeyOf } from "./record-key.js";
import { type KeyedRow, rowsOfKey } from "./rows-of-key.js";
import type { LineageContext } from "./trace-record.js";

/**
 * Traces a line of a file forward: to the rows that it became, or to its entry in quarantine. `showsPeople` says whether keys that
 * identify a person may be shown. Throws NotFoundError for a file that the ledger does not know.
 */
export async function traceLine(
  context: LineageContext,
  fileId: number,
  line: number,
  showsPeople: boolean,
): Promise<LineTrace> {
  const { pool, datasets } = context;
  const stored = (await readDeliveries(pool, [fileId])).get(fileId);
  if (stored === undefined) throw new NotFoundError(`there is no file ${fileId} in the ledger`);
  const { delivery } = stored;
  const dataset = datasets.get(delivery.dataset);
  const quarantine = await quarantinedOfLine(pool, fileId, line);
  const isRejected = await isLineRejected(pool, fileId, line);
  const kept = await readLine(context, dataset, stored, line);
  const replayed = await replayedPayloads(pool, fileId, { line });
  const records = [...replayed.map(({ payload }) => JSON.parse(payload) as unknown), kept?.record];
  const rows = isRejected ? [] : await rowsOfRecords(context, dataset, fileId, records);
  const isPersonal = recordKeyOf(dataset)?.isPersonal === true;
  return {
    delivery,
    line,
    outcome: outcomeOf(rows, isRejected, kept),
    rows: rows.map(({ table, isCurrent, key }) => ({ table, isCurrent, key: isPersonal && !showsPeople ? null : key })),
    quarantine,
    batches: await batchesOfLine(pool, fileId, line),
  };
}

function outcomeOf(rows: readonly unknown[], isRejected: boolean, kept: KeptLine | undefined): LineTrace["outcome"] {
  if (isRejected) return "quarantined";
  if (rows.length > 0) return "loaded";
  if (kept === undefined) return "not_there";
  return kept.isBlank ? "blank" : "no_trace";
}

/** Reads a line of an archived file. Returns undefined where the file has not so many, or is not kept. */
async function readLine(
  { storage }: LineageContext,
  dataset: Dataset,
  { archivedAs, format }: StoredDelivery,
  wanted: number,
): Promise<KeptLine | undefined> {
  const keptFormat = formatOfName(format) ?? inputFormatOf(archivedAs ?? "");
  if (archivedAs === null || keptFormat === undefined) return undefined;
  try {
    const lines = keptRecords(storage, dataset, { area: "archived", key: archivedAs, format: keptFormat });
    for await (const line of lines) if (line.line === wanted) return line;
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
  }
  return undefined;
}

/** Returns the rows that came in a file and that one of the records was made into. */
async function rowsOfRecords(
  { pool }: LineageContext,
  dataset: Dataset,
  fileId: number,
  records: readonly unknown[],
): Promise<(KeyedRow & { readonly key: string })[]> {
  const recordKey = recordKeyOf(dataset);
  if (recordKey === undefined) return [];
  for (const record of records) {
    const key = keyOfRecord(recordKey, record);
    if (key === null) continue;
    const ofFile = (await rowsOfKey(pool, recordKey, key)).filter((row) => row.fileId === fileId);
    const made = ofFile.filter(({ row }) => matchesRow(dataset, record, row));
    // A masked record need not fit its schema: it is the file's only row of the key, then.
    const rows = made.length > 0 || ofFile.length > 1 ? made : ofFile;
    if (rows.length > 0) return rows.map((row) => ({ ...row, key }));
  }
  return [];
}
