import type { QuestionKind } from "@lethe/contracts/questions";
import type { BatchWarning, RecordWarning } from "@lethe/contracts/record-warnings";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import {
  type BatchSummary,
  type JoinedRecord,
  lineInFile,
  type MaskedPayloads,
  type Segment,
} from "@lethe/contracts/staged-batch";
import type { Dataset, Rejection } from "@lethe/datasets/dataset";
import { quarantineCopyRow } from "@lethe/datasets/quarantine-copy-row";
import { type ByteSink, createByteSink } from "./byte-sink.js";
import { createLackingCount } from "./count-lacking.js";
import type { KeptRecord } from "./kept-record.js";
import type { SchemaReport } from "./watch-schema.js";

/** What a batch is transformed to. */
export interface TransformOutput {
  /** Rows of the dataset's staging tables, in the order of the tables. */
  readonly tables: readonly ByteSink[];
  readonly rejects: ByteSink;
  readonly rejectedByReason: RejectCounts;
  readonly processed: ByteSink;
  readonly processedIndex: Buffer;
  readonly masked: MaskedPayloads;
  readonly joined: readonly JoinedRecord[];
  /** Records that are held for a question that is not open yet. */
  readonly newQuestions: number;
  readonly segments: BatchSummary["segments"];
  readonly schema: SchemaReport;
  readonly warnings: readonly BatchWarning[];
}

/** The subject or question that holds a record, and the question that the record itself raises. */
export interface HeldFor {
  readonly heldFor: string;
  readonly question: QuestionKind | null;
}

/** Collects what a batch's records become, segment by segment. */
export interface BatchOutput {
  /** Where the dataset writes the rows of accepted records. */
  readonly tables: readonly ByteSink[];
  startSegment(segment: Segment): void;
  countRecord(): void;
  /** Counts which fields a record lacks. */
  countLacking(record: unknown): void;
  /** Counts a record of a suppressed person. */
  countMasked(): void;
  /** Adds an accepted record's line of `processed_data/`. */
  addProcessed(ordinal: number, json: string): void;
  /** Adds what quarantine keeps of an accepted record if the loader rejects it: for any reason, or for some reasons only. */
  addMasked(when: keyof MaskedPayloads, ordinal: number, kept: KeptRecord): void;
  /** Counts a warning about the accepted record on the segment's line of this index. */
  warn(code: RecordWarning, lineIndex: number): void;
  /** Adds a record whose identifiers join those of its erased subject. */
  addJoined(record: JoinedRecord): void;
  /** Rejects the segment's line of this index; `held` says for whom it is held, if it is. */
  reject(lineIndex: number, rejection: Rejection, kept: KeptRecord, held?: HeldFor): void;
  endSegment(): void;
  end(schema: SchemaReport): TransformOutput;
}

/** Creates the empty output of a batch. */
export function createBatchOutput(dataset: Dataset, runId: string, batchId: string): BatchOutput {
  const tables = dataset.stagingTables.map(() => createByteSink());
  const rejects = createByteSink();
  const processed = createByteSink();
  const index: number[] = [];
  const rejectedByReason: RejectCounts = {};
  const masked: MaskedPayloads = { always: {}, byReason: {} };
  const segments: BatchSummary["segments"] = [];
  const joined: JoinedRecord[] = [];
  const warnings = new Map<RecordWarning, BatchWarning>();
  const lacking = createLackingCount(Object.keys(dataset.fields));
  let newQuestions = 0;
  let counts = emptyCounts();
  let segment: Segment | undefined;
  return {
    tables,
    startSegment(next) {
      counts = emptyCounts();
      segment = next;
    },
    countRecord() {
      counts.records += 1;
    },
    countLacking(record) {
      lacking.count(record);
    },
    countMasked() {
      counts.masked += 1;
    },
    addProcessed(ordinal, json) {
      const before = processed.length();
      processed.append(json);
      processed.append("\n");
      const bytes = processed.length() - before;
      index.push(ordinal, bytes);
      counts.processedBytes += bytes;
    },
    addMasked(when, ordinal, { payload, subject }) {
      masked[when][ordinal] = { payload, pseudonym: subject.customerId };
    },
    warn(code, lineIndex) {
      if (segment === undefined) throw new Error("a record is warned of outside of a segment");
      const known = warnings.get(code);
      if (known !== undefined) known.records += 1;
      else warnings.set(code, { code, records: 1, fileId: segment.fileId, line: lineInFile(segment, lineIndex) });
    },
    addJoined(record) {
      joined.push(record);
    },
    reject(lineIndex, { reason, pointer, message, missingKey }, { payload, encoding, subject }, held) {
      if (segment === undefined) throw new Error("a record is rejected outside of a segment");
      counts.rejected += 1;
      rejectedByReason[reason] = (rejectedByReason[reason] ?? 0) + 1;
      if (held !== undefined && held.question !== null) newQuestions += 1;
      const row = quarantineCopyRow({
        dataset: dataset.name,
        reason,
        runId,
        batchId,
        fileId: segment.fileId,
        line: lineInFile(segment, lineIndex),
        pointer,
        message,
        missingKey,
        payload,
        payloadEncoding: encoding,
        subjectCustomerId: subject.customerId,
        subjectEmail: subject.email,
        quarantineId: segment.quarantineIds?.[lineIndex] ?? null,
        question: held?.question ?? null,
        heldFor: held?.heldFor ?? null,
      });
      rejects.append(row);
    },
    endSegment() {
      segments.push({ ...counts, lacking: lacking.take() });
    },
    end(schema) {
      const processedIndex = Buffer.from(Uint32Array.from(index).buffer);
      const records = { tables, rejects, rejectedByReason, processed, processedIndex, segments };
      return { ...records, masked, joined, newQuestions, schema, warnings: [...warnings.values()] };
    },
  };
}

function emptyCounts(): BatchSummary["segments"][number] {
  return { records: 0, rejected: 0, masked: 0, processedBytes: 0 };
}
