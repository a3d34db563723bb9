import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import { type BatchSummary, lineInFile, type MaskedPayloads, type Segment } from "@lethe/contracts/staged-batch";
import type { Dataset, Rejection } from "@lethe/datasets/dataset";
import { quarantineCopyRow } from "@lethe/datasets/quarantine-copy-row";
import { type ByteSink, createByteSink } from "./byte-sink.js";
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
  readonly segments: BatchSummary["segments"];
  readonly schema: SchemaReport;
}

/** Collects what a batch's records become, segment by segment. */
export interface BatchOutput {
  /** Where the dataset writes the rows of accepted records. */
  readonly tables: readonly ByteSink[];
  startSegment(segment: Segment): void;
  countRecord(): void;
  /** Counts a record of a suppressed person. */
  countMasked(): void;
  /** Adds an accepted record's line of `processed_data/`. */
  addProcessed(ordinal: number, json: string): void;
  /** Adds what quarantine keeps of an accepted record if the loader rejects it: for any reason, or for some reasons only. */
  addMasked(when: keyof MaskedPayloads, ordinal: number, kept: KeptRecord): void;
  /** Rejects the segment's line of this index. */
  reject(lineIndex: number, rejection: Rejection, kept: KeptRecord): void;
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
    reject(lineIndex, { reason, pointer, message, missingKey }, { payload, encoding, subject }) {
      if (segment === undefined) throw new Error("a record is rejected outside of a segment");
      counts.rejected += 1;
      rejectedByReason[reason] = (rejectedByReason[reason] ?? 0) + 1;
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
        question: null,
        heldFor: null,
      });
      rejects.append(row);
    },
    endSegment() {
      segments.push(counts);
    },
    end(schema) {
      const processedIndex = Buffer.from(Uint32Array.from(index).buffer);
      return { tables, rejects, rejectedByReason, processed, processedIndex, masked, segments, schema };
    },
  };
}

function emptyCounts(): BatchSummary["segments"][number] {
  return { records: 0, rejected: 0, masked: 0, processedBytes: 0 };
}
