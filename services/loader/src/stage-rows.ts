import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { StagedObjectError } from "@lethe/contracts/errors";
import { REJECT_REASONS, type RejectReason } from "@lethe/contracts/reject-reasons";
import {
  type BatchManifest,
  type BatchSummary,
  MaskedPayloadsSchema,
  type Segment,
  STAGED,
} from "@lethe/contracts/staged-batch";
import { copyRow } from "@lethe/datasets/copy-text";
import type { Dataset } from "@lethe/datasets/dataset";
import { readJson } from "@lethe/storage/json-object";
import type { BatchRef, Staging } from "@lethe/storage/staging";
import { copyIn } from "@lethe/warehouse/copy-in";
import { createRejectStage, stageRejects } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";

/** A record that the merge could not take: known before anything of the batch is in the warehouse. */
export interface MergeReject {
  /** Which of the batches that are merged together it is of. */
  readonly part: number;
  readonly ordinal: number;
  readonly reason: RejectReason;
  readonly missingKey: string | null;
}

/** A column that tells the batches apart that are merged together: a row is of the one that the setting names as it comes in. */
const PART = "part smallint not null default current_setting('lethe.part')::smallint";

/** Creates the temporary tables of a load; a connection keeps them, empty, from one transaction to the next. */
export async function createStage(client: Client, dataset: Dataset): Promise<void> {
  const tables = dataset.stagingTables.map(({ name, columns }) => {
    const definitions = columns.map(([column, type]) => `${column} ${type}`).join(", ");
    return `create temp table if not exists ${name} (${definitions}, ${PART}) on commit delete rows;`;
  });
  await client.query(`
    set local client_min_messages = warning;
    ${dataset.merge.openStage ?? tables.join("\n")};
    create temp table if not exists stage_rejects (
      ordinal integer, reason text not null, missing_key text, ${PART}, primary key (part, ordinal)
    ) on commit delete rows;`);
  await createRejectStage(client);
}

/** Copies a batch's rows and rejects into the temporary tables. Throws StagedObjectError if they are not whole. */
export async function stageRows(
  client: Client,
  staging: Staging,
  batch: BatchRef,
  dataset: Dataset,
  summary: BatchSummary,
): Promise<void> {
  for (const [i, table] of dataset.stagingTables.entries()) {
    const columns = table.columns.map(([column]) => column);
    const rows = () => counted(staging, batch, STAGED.table(table.name), summary.tables[i]?.bytes ?? 0);
    await copyWhole(rows, (source) => copyIn(client, table.name, columns, source));
  }
  if (summary.rejectBytes > 0) {
    const rejects = () => counted(staging, batch, STAGED.rejects, summary.rejectBytes);
    await copyWhole(rejects, (source) => stageRejects(client, source));
  }
}

/**
 * Copies what `open` gives. Damage is noticed at the end of what is read, and PostgreSQL may refuse a damaged row before that:
 * what it refuses is therefore read to its end once more. Throws StagedObjectError for damage, else what the copy threw.
 */
async function copyWhole(open: () => Readable, copy: (source: Readable) => Promise<unknown>): Promise<void> {
  try {
    await copy(open());
  } catch (error) {
    if (!(error instanceof StagedObjectError)) await finished(open().resume());
    throw error;
  }
}

/** Finds the staged rows that cannot be merged: duplicates, and what refers to something that is not there. */
export async function findMergeRejects(client: Client, dataset: Dataset): Promise<MergeReject[]> {
  if (dataset.merge.lock !== null) await client.query(dataset.merge.lock);
  for (const statement of dataset.merge.findRejects) await client.query(statement);
  const { rows } = await client.query<MergeReject>(
    `select part, ordinal, reason, missing_key as "missingKey" from stage_rejects order by part, ordinal`,
  );
  return rows;
}

/** Adds a batch's rejects of the merge to the staged ones, with their records as they came (or masked, where they must be). */
export async function addMergeRejects(
  client: Client,
  staging: Staging,
  dataset: Dataset,
  { batch, manifest }: { readonly batch: BatchRef; readonly manifest: BatchManifest },
  rejects: readonly MergeReject[],
): Promise<void> {
  if (rejects.length === 0) return;
  const masked = await readJson(staging, batch, STAGED.masked, MaskedPayloadsSchema);
  const lines = pickLines(
    await staging.read(batch, STAGED.records),
    rejects.map((reject) => reject.ordinal),
  );
  const rows = rejects.map((reject, i) => {
    const segment = segmentOf(manifest, reject.ordinal);
    const index = reject.ordinal - segment.firstOrdinal;
    const byReason = dataset.maskedReasons.includes(reject.reason) ? masked.byReason[reject.ordinal] : undefined;
    const kept = masked.always[reject.ordinal] ?? byReason;
    const payload = kept?.payload ?? asRecord(lines[i] ?? "", segment, dataset);
    const subject =
      kept === undefined ? dataset.subjectOf(JSON.parse(payload)) : { customerId: kept.pseudonym, email: null };
    return copyRow([
      dataset.name,
      reject.reason,
      batch.runId,
      batch.batchId,
      segment.fileId,
      segment.lines?.[index] ?? segment.firstLine + index,
      null,
      REJECT_REASONS[reject.reason],
      reject.missingKey,
      payload,
      "utf8",
      subject.customerId,
      subject.email,
      segment.quarantineIds?.[index] ?? null,
    ]);
  });
  await stageRejects(client, Readable.from([Buffer.from(rows.join(""))]));
}

/** A CSV row is kept as the record that it makes, so that a replay takes it like any other. */
function asRecord(line: string, segment: Segment, dataset: Dataset): string {
  return segment.encoding === "csv" ? JSON.stringify(dataset.fromCsv(JSON.parse(line))) : line;
}

/** Picks lines by ordinal, ascending; each without white space at its ends. */
function pickLines(bytes: Buffer, ordinals: readonly number[]): string[] {
  const lines: string[] = [];
  let ordinal = 0;
  let start = 0;
  for (const wanted of ordinals) {
    for (; ordinal < wanted; ordinal++) start = bytes.indexOf("\n", start) + 1;
    const end = bytes.indexOf("\n", start);
    lines.push(bytes.toString("utf8", start, end === -1 ? bytes.length : end).trim());
  }
  return lines;
}

function segmentOf(manifest: BatchManifest, ordinal: number): Segment {
  const segment = manifest.segments.find(
    ({ firstOrdinal, lineCount }) => ordinal >= firstOrdinal && ordinal < firstOrdinal + lineCount,
  );
  if (segment === undefined) throw new StagedObjectError("a staged row is of no segment of its batch");
  return segment;
}

function counted(staging: Staging, batch: BatchRef, name: string, bytes: number): Readable {
  return Readable.from(requireLength(staging.stream(batch, name), bytes, name, batch.batchId));
}

async function* requireLength(source: Readable, bytes: number, name: string, batchId: string) {
  let seen = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    seen += chunk.length;
    yield chunk;
  }
  if (seen !== bytes) throw new StagedObjectError(`${name} of batch ${batchId} is not as long as it was`);
}
