import { partitionStart } from "@lethe/contracts/partition";
import type { RecordWarning } from "@lethe/contracts/record-warnings";
import type { RefundMode } from "@lethe/contracts/refunds";
import { REJECT_REASONS } from "@lethe/contracts/reject-reasons";
import type { SchemaMode } from "@lethe/contracts/schema-changes";
import { lineInFile, type Segment } from "@lethe/contracts/staged-batch";
import type { Dataset, ErasedRecord, Rejection, Subject } from "@lethe/datasets/dataset";
import { isPlausiblePartition } from "@lethe/datasets/plausible-time";
import { isUnattributed } from "@lethe/datasets/read-field";
import { keepKnown } from "@lethe/datasets/record-shape";
import { repeatedKeyIn } from "@lethe/datasets/repeated-key";
import { recordWithoutNoise } from "@lethe/datasets/without-noise";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import { REDACTED } from "@lethe/privacy/mask-value";
import type { Keyring, PrivacyKey } from "@lethe/privacy/privacy-key";
import type { ArrivalVerdict, FindSuppression, JudgeArrival, Suppression } from "@lethe/privacy/suppression-list";
import type { BatchOutput } from "./batch-output.js";
import {
  type KeptLine,
  type KeptRecord,
  keepLine,
  keepMasked,
  lineAsBase64,
  lineAsText,
  type MaskingRules,
  NOBODY,
  type SubjectKeys,
} from "./kept-record.js";
import { type ArrivedRecord, maskArrived, maskUnlinked } from "./mask-arrived.js";
import { type ParsedLine, parseCsvLine, parseLine } from "./parse-line.js";
import type { Poison } from "./poison.js";
import { createMentionRedaction } from "./redact-mentions.js";
import { createSchemaWatch, type SchemaReport } from "./watch-schema.js";

/** What records are transformed with. */
export interface RecordContext extends MaskingRules {
  readonly dataset: Dataset;
  readonly ring: Keyring;
  readonly judgeArrival: JudgeArrival;
  /** Only `discard` changes what becomes of a record; the caller decides whether a batch is kept out. */
  readonly schemaMode: SchemaMode;
  /** Whether sales below zero are taken. */
  readonly refundMode: RefundMode;
  /** How deep arrays and objects of a record may be nested. */
  readonly maxNesting: number;
  /** Finds people whose suppression was lifted. */
  readonly findLifted?: FindSuppression;
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
  const redactMentions = createMentionRedaction(dataset, findSuppression);
  const ownNames = new Set(Object.keys(dataset.fields).flatMap((path) => path.split(".")));
  const watch = createSchemaWatch(dataset.shape);
  const fromRow = (row: Readonly<Record<string, string>>) => dataset.fromCsv(row);
  let segment: Segment = NO_SEGMENT;
  let start = "";
  let isInFuture = false;

  function takeRecord(record: unknown, text: string, lineIndex: number): void {
    const redacted = redactMentions(record, text);
    if (redacted === undefined) takeRedacted(record, text, lineIndex);
    else {
      // The file that it came in is masked before it is archived.
      output.countMasked();
      takeRedacted(redacted, JSON.stringify(redacted), lineIndex);
    }
  }

  function takeRedacted(record: unknown, text: string, lineIndex: number): void {
    const ordinal = segment.firstOrdinal + lineIndex;
    output.countLacking(record);
    const subject = dataset.subjectOf(record);
    const verdict = judge(subject);
    const suppression = verdict.kind === "masked" ? verdict.suppression : undefined;
    const key = suppression?.key ?? ring.current;
    if (suppression !== undefined) output.countMasked();
    noteJoined(subject, verdict);
    const masked = maskWhereErased(record, subject, suppression);
    const found = findMisfit(record, lineInFile(segment, lineIndex));
    const misfit = found !== undefined && segment.encoding === "csv" ? dataset.explainCsv(record, found) : found;
    if (subject.customerId === ERASED_ID && dataset.isEmptied(record)) {
      takeEmptied(record, lineIndex);
      return;
    }
    // Of a request that is none, nothing can be masked field by field.
    if (misfit !== undefined && suppression !== undefined && masked === undefined) {
      output.reject(lineIndex, misfit, { payload: REDACTED, encoding: "utf8", subject: NOBODY });
      return;
    }
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
      const { fileId } = segment;
      const erased = masked === undefined ? knownAgain(record, subject) : masked.erased;
      const line = lineInFile(segment, lineIndex);
      const isMasked = masked !== undefined;
      const place = { ordinal, fileId, line, partitionStart: start, masked: isMasked, ...(erased && { erased }) };
      const accepted = dataset.accept(masked === undefined ? record : masked.record, place, output.tables, key);
      if ("rejection" in accepted) rejection = accepted.rejection;
      else {
        // What is folded into sums has no record of its own any more.
        if (erased?.isFolded !== true) output.addProcessed(ordinal, accepted.processed);
        warn(accepted.warnings ?? [], lineIndex);
      }
    }
    if (rejection !== undefined) {
      if (misfit === undefined) watch.lookAgain();
      const kept =
        masked?.rejected ??
        (dataset.maskedReasons.includes(rejection.reason)
          ? keepPseudonymised(record, subject, key)
          : ({ payload: text, encoding: "utf8", subject } as const));
      output.reject(lineIndex, rejection, kept);
      return;
    }
    if (identity !== null) identities.add(identity);
    if (masked !== undefined) output.addMasked("always", ordinal, masked.waiting);
    else if (dataset.maskedReasons.length > 0) {
      output.addMasked("byReason", ordinal, keepPseudonymised(record, subject, key));
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
    if (!dataset.fenced || verdict.kind !== "masked" || !(verdict.bearsNew || segment.quarantineIds !== undefined))
      return;
    const { subjectId, key, outcome } = verdict.suppression;
    const customerId = verdict.hasSharedId ? null : subject.customerId;
    output.addJoined({ subjectId, outcome, keyId: key.id, ...subject, customerId, fileId: segment.fileId });
  }

  /** Masks a record of a suppressed person, and one that an erasure has unlinked; returns undefined for everybody else's. */
  function maskWhereErased(
    record: unknown,
    subject: SubjectKeys,
    suppression: Suppression | undefined,
  ): ArrivedRecord | undefined {
    if (!dataset.fenced) return undefined;
    if (subject.customerId === ERASED_ID) return maskUnlinked(dataset, strategies, record, ring.current);
    return suppression === undefined ? undefined : maskArrived(dataset, context, record, subject, suppression);
  }

  /** By what a record is known again whose person was erased and has consented since: it may have counted before. */
  function knownAgain(record: unknown, { customerId }: SubjectKeys): ErasedRecord | undefined {
    const lifted = dataset.fenced ? context.findLifted?.(customerId, null) : undefined;
    const recordHash = lifted === undefined ? null : dataset.recordHash(record, lifted.key);
    const originalId = lifted === undefined ? null : dataset.recordIdOf(record);
    if (lifted === undefined || recordHash === null || originalId === null) return undefined;
    return { recordHash, originalId, keyId: lifted.key.id, isFolded: false };
  }

  /** Takes what an erasure has left of a record in a file. Nothing of it counts; the shared customer is there once. */
  function takeEmptied(record: unknown, lineIndex: number): void {
    const ordinal = segment.firstOrdinal + lineIndex;
    const kept: KeptRecord = {
      payload: JSON.stringify(dataset.emptied),
      encoding: "utf8",
      subject: { customerId: ERASED_ID, email: null },
    };
    if (!dataset.registersSubjects) {
      output.reject(lineIndex, EMPTIED, kept);
      return;
    }
    const { fileId } = segment;
    const place = { ordinal, fileId, line: lineInFile(segment, lineIndex), partitionStart: start, masked: true };
    const accepted = dataset.accept(record, place, output.tables, ring.current);
    if ("rejection" in accepted) output.reject(lineIndex, accepted.rejection, kept);
    else {
      output.addProcessed(ordinal, accepted.processed);
      output.addMasked("always", ordinal, kept);
    }
  }

  function warn(warnings: readonly RecordWarning[], lineIndex: number): void {
    for (const code of warnings) output.warn(code, lineIndex);
    if (isInFuture) output.warn("partition_in_future", lineIndex);
  }

  function keepPseudonymised(record: unknown, subject: SubjectKeys, key: PrivacyKey): KeptRecord {
    const masking = { outcome: "pseudonymise", key, strategies, replacementOf: () => undefined } as const;
    return keepMasked(context, dataset.mask(record, masking), subject, key);
  }

  /** Returns why a record does not fit the schema, if it does not. In `discard` mode, unknown fields are no reason. */
  function findMisfit(record: unknown, line: number): Rejection | undefined {
    const misfit = check(record);
    const difference = watch.take(record, line, misfit === undefined || misfit.reason === "refund");
    if (misfit === undefined || difference === undefined || difference.unknown.size === 0) return misfit;
    return context.schemaMode === "discard" ? check(keepKnown(dataset.shape, record)) : misfit;
  }

  function check(record: unknown): Rejection | undefined {
    const misfit = dataset.check(record);
    return misfit?.reason === "refund" && context.refundMode === "accept" ? undefined : misfit;
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
      isInFuture = !isPlausiblePartition(start, Date.now());
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
      const repeated = findRepeatedKey(parsed);
      if (repeated !== undefined) {
        // What is no name of the dataset's may be of anybody.
        const key = ownNames.has(repeated) ? `the key ${JSON.stringify(repeated)}` : "a key";
        const problem = `${key} occurs twice in an object of the record`;
        rejectLine(lineIndex, unreadable(problem), { payload: parsed.text, encoding: "utf8" }, NOBODY);
      } else if (parsed.problem === undefined) {
        takeRecord(recordWithoutNoise(parsed.record, parsed.text), parsed.text, lineIndex);
      } else {
        const { problem, text: payload, encoding, record, reason = "unreadable" } = parsed;
        rejectLine(lineIndex, rejectionFor(reason, problem), { payload, encoding }, dataset.subjectOf(record));
      }
    },
    endSegment() {
      output.endSegment();
      watch.endSegment();
    },
    schemaReport: () => watch.report(),
  };
}

function findRepeatedKey(parsed: ParsedLine): string | undefined {
  if (parsed.problem !== undefined) return undefined;
  return parsed.repeatedKey ?? repeatedKeyIn(parsed.record, parsed.text);
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

const EMPTIED: Rejection = {
  reason: "duplicate",
  pointer: null,
  message: "the record is what an erasure has left of one that counted before",
  missingKey: null,
};

function unreadable(problem: string): Rejection {
  return rejectionFor("unreadable", problem);
}

function rejectionFor(reason: "unreadable" | "schema", message: string): Rejection {
  return { reason, pointer: null, message, missingKey: null };
}
