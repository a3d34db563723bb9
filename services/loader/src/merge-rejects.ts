import { Readable } from "node:stream";
import { StagedObjectError } from "@lethe/contracts/errors";
import type { QuestionKind } from "@lethe/contracts/questions";
import { REJECT_REASONS, type RejectReason } from "@lethe/contracts/reject-reasons";
import {
  type BatchManifest,
  type BatchSummary,
  lineInFile,
  linesOf,
  MaskedPayloadsSchema,
  ofTransformation,
  type Segment,
  STAGED,
} from "@lethe/contracts/staged-batch";
import type { Dataset } from "@lethe/datasets/dataset";
import { quarantineCopyRow } from "@lethe/datasets/quarantine-copy-row";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import { readJson } from "@lethe/storage/json-object";
import type { BatchRef, Staging } from "@lethe/storage/staging";
import { stageRejects } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";

/** A record that the merge cannot take. It is found before anything of the batch is in the warehouse. */
export interface MergeReject {
  /** The number of its batch among those that are merged together. */
  readonly part: number;
  readonly ordinal: number;
  readonly reason: RejectReason;
  readonly missingKey: string | null;
  /** See `QuarantineRow`. */
  readonly question: QuestionKind | null;
  readonly heldFor: string | null;
}

/** Finds the staged rows that cannot be merged: duplicates, and those that refer to something that is not there. */
export async function findMergeRejects(client: Client, dataset: Dataset): Promise<MergeReject[]> {
  if (dataset.merge.lock !== null) await client.query(dataset.merge.lock);
  for (const statement of dataset.merge.findRejects) await client.query(statement);
  const { rows } = await client.query<MergeReject>(
    `select part, ordinal, reason, missing_key as "missingKey", null as question, null as "heldFor"
     from stage_rejects order by part, ordinal`,
  );
  return rows;
}

/** Adds a batch's rejects of the merge to the staged ones, with their records as they came or, where they must be, masked. */
export async function addMergeRejects(
  client: Client,
  staging: Staging,
  dataset: Dataset,
  {
    batch,
    manifest,
    summary,
  }: { readonly batch: BatchRef; readonly manifest: BatchManifest; readonly summary: BatchSummary },
  rejects: readonly MergeReject[],
): Promise<void> {
  if (rejects.length === 0) return;
  const masked = await readJson(
    staging,
    batch,
    ofTransformation(summary.transformation, STAGED.masked),
    MaskedPayloadsSchema,
  );
  const lines = pickLines(
    await staging.read(batch, linesOf(manifest)),
    rejects.map((reject) => reject.ordinal),
  );
  const rows = rejects.map((reject, i) => {
    const segment = segmentOf(manifest, reject.ordinal);
    const index = reject.ordinal - segment.firstOrdinal;
    const byReason = dataset.maskedReasons.includes(reject.reason) ? masked.byReason[reject.ordinal] : undefined;
    const kept = masked.always[reject.ordinal] ?? byReason;
    // A duplicate of a record that was unlinked waits for nothing, and must not be loaded under another id.
    const isSpent = (reject.reason === "duplicate" || reject.reason === "conflict") && kept?.pseudonym === ERASED_ID;
    const payload = isSpent
      ? JSON.stringify(dataset.emptied)
      : (kept?.payload ?? asRecord(lines[i] ?? "", segment, dataset));
    const subject =
      kept === undefined ? dataset.subjectOf(JSON.parse(payload)) : { customerId: kept.pseudonym, email: null };
    return quarantineCopyRow({
      dataset: dataset.name,
      reason: reject.reason,
      runId: batch.runId,
      batchId: batch.batchId,
      fileId: segment.fileId,
      line: lineInFile(segment, index),
      pointer: null,
      message: REJECT_REASONS[reject.reason],
      missingKey: reject.missingKey,
      payload,
      payloadEncoding: "utf8",
      subjectCustomerId: subject.customerId,
      subjectEmail: subject.email,
      quarantineId: segment.quarantineIds?.[index] ?? null,
      question: reject.question,
      heldFor: reject.heldFor,
    });
  });
  await stageRejects(client, Readable.from([Buffer.from(rows.join(""))]));
}

/** Returns the record of a line. A CSV row is kept as the record that it becomes, so that a replay takes it like any other. */
function asRecord(line: string, segment: Segment, dataset: Dataset): string {
  return segment.encoding === "csv" ? JSON.stringify(dataset.fromCsv(JSON.parse(line))) : line;
}

/** Returns the lines of these ordinals, which ascend, without white space at their ends. */
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
  if (segment === undefined) throw new StagedObjectError("a staged row belongs to no segment of its batch");
  return segment;
}
