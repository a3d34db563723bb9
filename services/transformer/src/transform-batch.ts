import { setImmediate } from "node:timers/promises";
import { partitionStart } from "@lethe/contracts/partition";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import type { BatchManifest, MaskedPayloads, Segment } from "@lethe/contracts/staged-batch";
import { copyRow } from "@lethe/datasets/copy-text";
import type { Dataset, Rejection } from "@lethe/datasets/dataset";
import { type MaskRecordStrategies, maskRecord } from "@lethe/privacy/mask-record";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import type { IsSuppressed } from "@lethe/privacy/suppression-list";
import { type ByteSink, createByteSink } from "./byte-sink.js";
import { type ParsedLine, parseLine, problemOf } from "./parse-line.js";

export interface TransformInput {
  readonly runId: string;
  readonly batchId: string;
  readonly dataset: Dataset;
  readonly manifest: BatchManifest;
  /** The batch's lines. */
  readonly lines: Buffer;
  readonly key: PrivacyKey;
  readonly isSuppressed: IsSuppressed;
  /** The policy's strategies for the dataset's fields. */
  readonly strategies: MaskRecordStrategies;
}

export interface TransformOutput {
  /** Rows of the dataset's staging tables, in their order. */
  readonly tables: readonly ByteSink[];
  readonly rejects: ByteSink;
  readonly rejectedByReason: RejectCounts;
  readonly processed: ByteSink;
  readonly processedIndex: Buffer;
  readonly masked: MaskedPayloads;
  readonly segments: readonly { records: number; rejected: number; processedBytes: number }[];
}

/** Records between two breaths: some milliseconds, so that the worker's lock is renewed in time. */
const RECORDS_PER_BREATH = 2_000;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

/**
 * Parses, checks, masks and cleans a batch's records. Computes only: reads nothing and writes nothing, but lets other
 * work of the process in between.
 */
export async function transformBatch(input: TransformInput): Promise<TransformOutput> {
  const batch = startBatch(input);
  const { lines } = input;
  let position = 0;
  for (const segment of input.manifest.segments) {
    batch.startSegment();
    for (let i = 0; i < segment.lineCount; i++) {
      const end = lines.indexOf(NEWLINE, position);
      const line = lines.subarray(position, end === -1 ? lines.length : end);
      position += line.length + 1;
      if (!isBlank(line)) batch.take(line, segment, i);
      if ((segment.firstOrdinal + i) % RECORDS_PER_BREATH === RECORDS_PER_BREATH - 1) await setImmediate();
    }
    batch.endSegment();
  }
  return batch.output();
}

function startBatch(input: TransformInput) {
  const { dataset, key, strategies } = input;
  const tables = dataset.stagingTables.map(() => createByteSink());
  const rejects = createByteSink();
  const processed = createByteSink();
  const index: number[] = [];
  const rejectedByReason: RejectCounts = {};
  const masked: MaskedPayloads = { always: {}, byReason: {} };
  const segments: { records: number; rejected: number; processedBytes: number }[] = [];
  const identities = new Set<string>();
  let current = { records: 0, rejected: 0, processedBytes: 0 };

  function reject(segment: Segment, lineIndex: number, rejection: Rejection, payload: string, encoding = "utf8") {
    current.rejected += 1;
    rejectedByReason[rejection.reason] = (rejectedByReason[rejection.reason] ?? 0) + 1;
    rejects.append(
      copyRow([
        dataset.name,
        rejection.reason,
        input.runId,
        input.batchId,
        segment.fileId,
        segment.lines?.[lineIndex] ?? segment.firstLine + lineIndex,
        rejection.pointer,
        rejection.message,
        rejection.missingKey,
        payload,
        encoding,
        segment.quarantineIds?.[lineIndex] ?? null,
      ]),
    );
  }

  function isOfSuppressed(record: unknown): boolean {
    if (!dataset.fenced) return false;
    const subject = dataset.subjectOf(record);
    return input.isSuppressed(subject.customerId, subject.email);
  }

  function takeRecord(record: unknown, text: string, segment: Segment, lineIndex: number) {
    const ordinal = segment.firstOrdinal + lineIndex;
    const suppressed = isOfSuppressed(record);
    const maskedRecord = suppressed ? maskRecord(record, strategies, key) : undefined;
    const payloadFor = (rejection: Rejection) => {
      if (maskedRecord !== undefined) return JSON.stringify(maskedRecord);
      if (!dataset.maskedReasons.includes(rejection.reason)) return text;
      return JSON.stringify(maskRecord(record, strategies, key));
    };
    const misfit = dataset.check(record);
    if (misfit !== undefined) {
      reject(segment, lineIndex, misfit, payloadFor(misfit));
      return;
    }
    const place = {
      ordinal,
      fileId: segment.fileId,
      partitionStart: partitionStart(segment.partition),
      masked: suppressed,
    };
    const identity = dataset.identityOf(record);
    if (identity !== null && identities.has(identity)) {
      reject(segment, lineIndex, DUPLICATE, payloadFor(DUPLICATE));
      return;
    }
    const accepted = dataset.accept(maskedRecord ?? record, place, tables, key);
    if ("rejection" in accepted) {
      reject(segment, lineIndex, accepted.rejection, payloadFor(accepted.rejection));
      return;
    }
    if (identity !== null) identities.add(identity);
    if (maskedRecord !== undefined) masked.always[ordinal] = JSON.stringify(maskedRecord);
    else if (dataset.maskedReasons.length > 0) {
      masked.byReason[ordinal] = JSON.stringify(maskRecord(record, strategies, key));
    }
    const line = `${JSON.stringify(accepted.processed)}\n`;
    const bytes = Buffer.byteLength(line);
    processed.append(line);
    index.push(ordinal, bytes);
    current.processedBytes += bytes;
  }

  return {
    startSegment() {
      current = { records: 0, rejected: 0, processedBytes: 0 };
    },
    endSegment() {
      segments.push(current);
    },
    take(line: Buffer, segment: Segment, lineIndex: number) {
      current.records += 1;
      const parsed = segment.encoding === "csv" ? fromCsv(dataset, parseLine(line)) : parseLine(line);
      if (parsed.problem === undefined) {
        takeRecord(parsed.record, parsed.text, segment, lineIndex);
      } else if (isOfSuppressed(parsed.record)) {
        reject(segment, lineIndex, unreadable(parsed.problem), NOTHING_KEPT);
      } else {
        reject(segment, lineIndex, unreadable(parsed.problem), parsed.text, parsed.encoding);
      }
    },
    output(): TransformOutput {
      return {
        tables,
        rejects,
        rejectedByReason,
        processed,
        processedIndex: Buffer.from(Uint32Array.from(index).buffer),
        masked,
        segments,
      };
    },
  };
}

/** Makes the record of a CSV row, and its text: what goes to quarantine can be replayed like any other record. */
function fromCsv(dataset: Dataset, parsed: ParsedLine): ParsedLine {
  if (parsed.problem !== undefined || !isRow(parsed.record)) return parsed;
  const record = dataset.fromCsv(parsed.record);
  // A field that holds JSON has only now been parsed.
  const problem = problemOf(record, parsed.text);
  if (problem !== undefined) return { problem, text: parsed.text, encoding: "utf8", record };
  return { record, text: JSON.stringify(record) };
}

function isRow(record: unknown): record is Record<string, string> {
  return typeof record === "object" && record !== null && !Array.isArray(record);
}

const DUPLICATE: Rejection = {
  reason: "duplicate",
  pointer: null,
  message: "the same record stands earlier in the batch",
  missingKey: null,
};

/** What is kept of a suppressed person's line that cannot be worked on, and so not be masked field by field. */
const NOTHING_KEPT = "null";

function unreadable(problem: string): Rejection {
  return { reason: "unreadable", pointer: null, message: problem, missingKey: null };
}

// White space alone: a line of NUL bytes, which a crash can leave at a file's end, is something to be told of.
function isBlank(line: Buffer): boolean {
  let i = 0;
  while (i < line.length && (line[i] === SPACE || line[i] === TAB || line[i] === RETURN)) i++;
  return i === line.length;
}
