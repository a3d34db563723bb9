import { partitionStart } from "@lethe/contracts/partition";
import { REJECT_REASONS } from "@lethe/contracts/reject-reasons";
import type { SchemaMode } from "@lethe/contracts/schema-changes";
import { lineInFile, type Segment } from "@lethe/contracts/staged-batch";
import type { Dataset, Rejection, Subject } from "@lethe/datasets/dataset";
import { isUnattributed } from "@lethe/datasets/read-field";
import { keepKnown } from "@lethe/datasets/record-shape";
import { maskRecord } from "@lethe/privacy/mask-record";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { ArrivalVerdict, JudgeArrival } from "@lethe/privacy/suppression-list";
import type { BatchOutput } from "./batch-output.js";
import {
  type KeptLine,
  keepLine,
  keepMasked,
  lineAsBase64,
  lineAsText,
  type MaskingRules,
  NOBODY,
  type SubjectKeys,
} from "./kept-record.js";
import { parseCsvLine, parseLine } from "./parse-line.js";
import type { Poison } from "./poison.js";
import { createSchemaWatch, type SchemaReport } from "./watch-schema.js";

/** What records are transformed with. */
export interface RecordContext extends MaskingRules {
  readonly dataset: Dataset;
  readonly ring: Keyring;
  readonly judgeArrival: JudgeArrival;
  /** Only `discard` changes what becomes of a record; the caller decides whether a batch is kept out. */
  readonly schemaMode: SchemaMode;
  /** How deep arrays and objects of a record may be nested. */
  readonly maxNesting: number;
  /** Records that are rejected without being parsed. */
  readonly poison?: readonly Poison[];
}

/** Decides what becomes of each record of a batch. */
export interface RecordTransformer {
  startSegment(segment: Segment): void;
  /** Accepts or rejects the record on the segment's line of this index. */
  transform(line: Buffer, lineIndex: number): void;
  endSegment(): void;
  schemaReport(): SchemaReport;
}

/** Creates the transformer of a batch's records, which adds what they become to `output`. */
export function createRecordTransformer(context: RecordContext, output: BatchOutput): RecordTransformer {
  const { dataset, ring, strategies, findSuppression, maxNesting } = context;
  const identities = new Set<string>();
  const poison = new Map(context.poison?.map((record) => [record.ordinal, record]));
  const watch = createSchemaWatch(dataset.shape);
  const fromRow = (row: Readonly<Record<string, string>>) => dataset.fromCsv(row);
  let segment: Segment = NO_SEGMENT;
  let start = "";

  function takeRecord(record: unknown, text: string, lineIndex: number): void {
    const ordinal = segment.firstOrdinal + lineIndex;
    const subject = dataset.subjectOf(record);
    const verdict = judge(subject);
    const suppressedWith = verdict.kind === "masked" ? verdict.suppression.key : undefined;
    const key = suppressedWith ?? ring.current;
    const isMasked = suppressedWith !== undefined && dataset.fenced;
    if (suppressedWith !== undefined) output.countMasked();
    if (isMasked) noteJoined(subject, verdict);
    const misfit = findMisfit(record, lineInFile(segment, lineIndex));
    if (misfit !== undefined && isUnattributed(subject)) {
      rejectLine(lineIndex, misfit, { payload: text, encoding: "utf8" }, subject);
      return;
    }
    if (misfit === undefined && verdict.kind === "held") {
      output.reject(lineIndex, HELD, { payload: text, encoding: "utf8", subject }, verdict);
      return;
    }
    const identity = misfit === undefined ? dataset.identityOf(record) : null;
    let rejection = misfit;
    if (identity !== null && identities.has(identity)) rejection = DUPLICATE;
    if (rejection === undefined) {
      const place = { ordinal, fileId: segment.fileId, partitionStart: start, masked: isMasked };
      const taken = isMasked ? maskRecord(record, strategies, key) : record;
      const accepted = dataset.accept(taken, place, output.tables, key);
      if ("rejection" in accepted) rejection = accepted.rejection;
      else output.addProcessed(ordinal, accepted.processed);
    }
    if (rejection !== undefined) {
      if (misfit === undefined) watch.lookAgain();
      const masks = isMasked || dataset.maskedReasons.includes(rejection.reason);
      const kept = masks
        ? keepMasked(context, record, subject, key)
        : ({ payload: text, encoding: "utf8", subject } as const);
      output.reject(lineIndex, rejection, kept);
      return;
    }
    if (identity !== null) identities.add(identity);
    if (isMasked || dataset.maskedReasons.length > 0) {
      output.addMasked(isMasked ? "always" : "byReason", ordinal, keepMasked(context, record, subject, key));
    }
  }

  /** A dataset that is not fenced loads nobody's data: its records are not held. */
  function judge({ customerId, email, name }: Subject): ArrivalVerdict {
    if (dataset.fenced) return context.judgeArrival(customerId, email, name);
    const suppression = findSuppression(customerId, email);
    return suppression === undefined
      ? { kind: "plain" }
      : { kind: "masked", suppression, bearsNew: false, hasSharedId: false };
  }

  /**
   * Notes a record whose identifiers join those of its erased subject. One from quarantine is always noted: it stands there as it
   * came, and so does its file.
   */
  function noteJoined(subject: Subject, verdict: ArrivalVerdict): void {
    if (verdict.kind !== "masked" || !(verdict.bearsNew || segment.quarantineIds !== undefined)) return;
    const { subjectId, key, outcome } = verdict.suppression;
    const customerId = verdict.hasSharedId ? null : subject.customerId;
    output.addJoined({ subjectId, outcome, keyId: key.id, ...subject, customerId, fileId: segment.fileId });
  }

  /** Returns why a record does not fit the schema, if it does not. In `discard` mode, unknown fields are no reason. */
  function findMisfit(record: unknown, line: number): Rejection | undefined {
    const misfit = dataset.check(record);
    const difference = watch.take(record, line, misfit === undefined);
    if (misfit === undefined || difference === undefined || difference.unknown.size === 0) return misfit;
    return context.schemaMode === "discard" ? dataset.check(keepKnown(dataset.shape, record)) : misfit;
  }

  /** Rejects a line that cannot be masked field by field. */
  function rejectLine(lineIndex: number, rejection: Rejection, line: KeptLine, subject: SubjectKeys): void {
    const { kept, isMasked } = keepLine(line, subject, findSuppression);
    if (isMasked) output.countMasked();
    output.reject(lineIndex, rejection, kept);
  }

  function rejectPoison({ problem, searchable }: Poison, line: Buffer, lineIndex: number): void {
    if (searchable) rejectLine(lineIndex, unreadable(problem), lineAsText(line), NOBODY);
    else output.reject(lineIndex, unreadable(problem), { ...lineAsBase64(line), subject: NOBODY });
  }

  return {
    startSegment(next) {
      segment = next;
      start = partitionStart(next.partition);
      output.startSegment(next);
      watch.startSegment(next);
    },
    transform(line, lineIndex) {
      output.countRecord();
      const poisonous = poison.get(segment.firstOrdinal + lineIndex);
      if (poisonous !== undefined) {
        rejectPoison(poisonous, line, lineIndex);
        return;
      }
      const parsed = segment.encoding === "csv" ? parseCsvLine(line, maxNesting, fromRow) : parseLine(line, maxNesting);
      if (parsed.problem === undefined) takeRecord(parsed.record, parsed.text, lineIndex);
      else {
        const { problem, text: payload, encoding, record } = parsed;
        rejectLine(lineIndex, unreadable(problem), { payload, encoding }, dataset.subjectOf(record));
      }
    },
    endSegment() {
      output.endSegment();
      watch.endSegment();
    },
    schemaReport: () => watch.report(),
  };
}

const NO_SEGMENT: Segment = {
  fileId: 0,
  partition: { date: "", hour: 0 },
  encoding: "json",
  firstOrdinal: 0,
  lineCount: 0,
  firstLine: 1,
};

const DUPLICATE: Rejection = {
  reason: "duplicate",
  pointer: null,
  message: "the same record stands earlier in the batch",
  missingKey: null,
};

const HELD: Rejection = { reason: "held", pointer: null, message: REJECT_REASONS.held, missingKey: null };

function unreadable(problem: string): Rejection {
  return { reason: "unreadable", pointer: null, message: problem, missingKey: null };
}
