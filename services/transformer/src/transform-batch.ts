import { isUtf8 } from "node:buffer";
import { partitionStart } from "@lethe/contracts/partition";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import type { SchemaMode } from "@lethe/contracts/schema-changes";
import type { BatchManifest, BatchSummary, MaskedPayloads, Segment } from "@lethe/contracts/staged-batch";
import { copyRow } from "@lethe/datasets/copy-text";
import type { Dataset, Rejection, Subject } from "@lethe/datasets/dataset";
import { isUnattributed } from "@lethe/datasets/read-field";
import { keepKnown } from "@lethe/datasets/record-shape";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { type MaskRecordStrategies, maskRecord } from "@lethe/privacy/mask-record";
import { REDACTED } from "@lethe/privacy/mask-value";
import { isPseudonym, type Keyring, type PrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { type ByteSink, createByteSink } from "./byte-sink.js";
import { type ParsedLine, parseLine, problemOf, type UnparsedLine } from "./parse-line.js";
import type { OrdinalRange, Poison } from "./poison.js";
import { type SchemaReport, watchSchema } from "./watch-schema.js";

export interface TransformInput {
  readonly runId: string;
  readonly batchId: string;
  readonly dataset: Dataset;
  readonly manifest: BatchManifest;
  /** The batch's lines. */
  readonly lines: Buffer;
  readonly ring: Keyring;
  readonly findSuppression: FindSuppression;
  /** The policy's strategies for the dataset's fields. */
  readonly strategies: MaskRecordStrategies;
  /** Records that are rejected without being parsed. */
  readonly poison?: readonly Poison[];
  /** Takes the records of this range alone. */
  readonly only?: OrdinalRange;
  /** Told of each record before it is worked on. */
  readonly onRecord?: (ordinal: number, line: Buffer) => void;
  /** Only `discard` changes what becomes of a record; whether a batch is kept out is for others to decide. */
  readonly schemaMode: SchemaMode;
  /** Arrays and objects within each other that a record may have. */
  readonly maxNesting: number;
}

export interface TransformOutput {
  /** Rows of the dataset's staging tables, in their order. */
  readonly tables: readonly ByteSink[];
  readonly rejects: ByteSink;
  readonly rejectedByReason: RejectCounts;
  readonly processed: ByteSink;
  readonly processedIndex: Buffer;
  readonly masked: MaskedPayloads;
  readonly segments: BatchSummary["segments"];
  readonly schema: SchemaReport;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const TAB = 0x09;
const SPACE = 0x20;

/** Parses, checks, masks and cleans a batch's records. Computes only: reads nothing and writes nothing. */
export function transformBatch(input: TransformInput): TransformOutput {
  const batch = startBatch(input);
  const { lines, only, onRecord } = input;
  let position = 0;
  for (const segment of input.manifest.segments) {
    batch.startSegment(segment);
    for (let i = 0; i < segment.lineCount; i++) {
      const end = lines.indexOf(NEWLINE, position);
      const line = lines.subarray(position, end === -1 ? lines.length : end);
      position += line.length + 1;
      const ordinal = segment.firstOrdinal + i;
      if (isBlank(line) || (only !== undefined && !isWithin(ordinal, only))) continue;
      onRecord?.(ordinal, line);
      batch.take(line, segment, i);
    }
    batch.endSegment();
  }
  return batch.output();
}

function startBatch(input: TransformInput) {
  const { dataset, ring, strategies, findSuppression } = input;
  const tables = dataset.stagingTables.map(() => createByteSink());
  const rejects = createByteSink();
  const processed = createByteSink();
  const index: number[] = [];
  const rejectedByReason: RejectCounts = {};
  const masked: MaskedPayloads = { always: {}, byReason: {} };
  const segments: BatchSummary["segments"] = [];
  const identities = new Set<string>();
  const poison = new Map(input.poison?.map((record) => [record.ordinal, record]));
  const watch = watchSchema(dataset.shape);
  let current = emptyCounts();
  let start = "";

  function reject(segment: Segment, lineIndex: number, rejection: Rejection, kept: KeptRecord) {
    current.rejected += 1;
    rejectedByReason[rejection.reason] = (rejectedByReason[rejection.reason] ?? 0) + 1;
    rejects.append(
      copyRow([
        dataset.name,
        rejection.reason,
        input.runId,
        input.batchId,
        segment.fileId,
        lineInFile(segment, lineIndex),
        rejection.pointer,
        rejection.message,
        rejection.missingKey,
        kept.payload,
        kept.encoding,
        kept.subject.customerId,
        kept.subject.email,
        segment.quarantineIds?.[lineIndex] ?? null,
      ]),
    );
  }

  function takeRecord(record: unknown, text: string, segment: Segment, lineIndex: number) {
    const ordinal = segment.firstOrdinal + lineIndex;
    const subject = dataset.subjectOf(record);
    const suppressedWith = findSuppression(subject.customerId, subject.email);
    const key = suppressedWith ?? ring.current;
    const isMasked = suppressedWith !== undefined && dataset.fenced;
    const plain: KeptRecord = { payload: text, encoding: "utf8", subject };
    const keptFor = (rejection: Rejection) => {
      const masks = isMasked || dataset.maskedReasons.includes(rejection.reason);
      return masks ? maskKept(input, record, subject, key) : plain;
    };
    if (suppressedWith !== undefined) current.masked += 1;
    const misfit = findMisfit(record, lineInFile(segment, lineIndex));
    if (misfit !== undefined && isUnattributed(subject)) {
      rejectUnattributed(misfit, { text, encoding: "utf8" }, segment, lineIndex, subject);
      return;
    }
    if (misfit !== undefined) {
      reject(segment, lineIndex, misfit, keptFor(misfit));
      return;
    }
    const identity = dataset.identityOf(record);
    if (identity !== null && identities.has(identity)) {
      watch.lookAgain();
      reject(segment, lineIndex, DUPLICATE, keptFor(DUPLICATE));
      return;
    }
    const place = {
      ordinal,
      fileId: segment.fileId,
      partitionStart: start,
      masked: isMasked,
    };
    const accepted = dataset.accept(isMasked ? maskRecord(record, strategies, key) : record, place, tables, key);
    if ("rejection" in accepted) {
      watch.lookAgain();
      reject(segment, lineIndex, accepted.rejection, keptFor(accepted.rejection));
      return;
    }
    if (identity !== null) identities.add(identity);
    if (isMasked || dataset.maskedReasons.length > 0) {
      const { payload, subject: alias } = maskKept(input, record, subject, key);
      masked[isMasked ? "always" : "byReason"][ordinal] = { payload, pseudonym: alias.customerId };
    }
    const before = processed.length();
    processed.append(accepted.processed);
    processed.append("\n");
    const bytes = processed.length() - before;
    index.push(ordinal, bytes);
    current.processedBytes += bytes;
  }

  /** Describes why a record does not fit. Fields that nobody knows may be no reason. */
  function findMisfit(record: unknown, line: number): Rejection | undefined {
    const misfit = dataset.check(record);
    const difference = watch.take(record, line, misfit === undefined);
    if (misfit === undefined || difference === undefined || difference.unknown.size === 0) return misfit;
    return input.schemaMode === "discard" ? dataset.check(keepKnown(dataset.shape, record)) : misfit;
  }

  function rejectUnreadable(line: UnparsedLine, segment: Segment, lineIndex: number) {
    rejectUnattributed(unreadable(line.problem), line, segment, lineIndex, dataset.subjectOf(line.record));
  }

  function rejectPoison({ problem, searchable }: Poison, line: Buffer, segment: Segment, lineIndex: number) {
    if (searchable) rejectUnattributed(unreadable(problem), unparsed(line), segment, lineIndex, NOBODY);
    else
      reject(segment, lineIndex, unreadable(problem), {
        payload: line.toString("base64"),
        encoding: "base64",
        subject: NOBODY,
      });
  }

  /** Rejects what cannot be masked field by field: it is kept as it came, or, when it names somebody suppressed, not at all. */
  function rejectUnattributed(
    rejection: Rejection,
    line: Pick<UnparsedLine, "text" | "encoding">,
    segment: Segment,
    lineIndex: number,
    subject: Subject,
  ) {
    const mentioned = findPerson(line, subject, findSuppression);
    if (mentioned === undefined) {
      const kept = { payload: line.text, encoding: line.encoding, subject: storable(subject) };
      reject(segment, lineIndex, rejection, kept);
      return;
    }
    current.masked += 1;
    const alias = mentioned.customerId === null ? null : pseudonym(mentioned.key, mentioned.customerId);
    reject(segment, lineIndex, rejection, {
      payload: REDACTED,
      encoding: "utf8",
      subject: { customerId: alias, email: null },
    });
  }

  return {
    startSegment(segment: Segment) {
      current = emptyCounts();
      start = partitionStart(segment.partition);
      watch.startSegment(segment);
    },
    endSegment() {
      segments.push(current);
      watch.endSegment();
    },
    take(line: Buffer, segment: Segment, lineIndex: number) {
      current.records += 1;
      const poisonous = poison.get(segment.firstOrdinal + lineIndex);
      if (poisonous !== undefined) {
        rejectPoison(poisonous, line, segment, lineIndex);
        return;
      }
      const json = parseLine(line, input.maxNesting);
      const parsed = segment.encoding === "csv" ? fromCsv(dataset, json, input.maxNesting) : json;
      if (parsed.problem === undefined) takeRecord(parsed.record, parsed.text, segment, lineIndex);
      else rejectUnreadable(parsed, segment, lineIndex);
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
        schema: watch.report(),
      };
    },
  };
}

/** What quarantine keeps of a record, and whose it is. */
interface KeptRecord {
  readonly payload: string;
  readonly encoding: "utf8" | "base64";
  readonly subject: Subject;
}

function maskKept(input: TransformInput, record: unknown, subject: Subject, key: PrivacyKey): KeptRecord {
  const { customerId } = subject;
  const alias = customerId === null || isPseudonym(customerId) ? customerId : pseudonym(key, customerId);
  const payload = JSON.stringify(maskRecord(record, input.strategies, key));
  // Without an id of its own, it may have the person's in a field that is kept.
  const isTold = alias === null && findMentionedPerson(payload, input.findSuppression) !== undefined;
  return { payload: isTold ? REDACTED : payload, encoding: "utf8", subject: { customerId: alias, email: null } };
}

/** Whom a line is of that cannot be worked on: by its record, where it is one in spite of all, else by its words. */
function findPerson(line: Pick<UnparsedLine, "text" | "encoding">, subject: Subject, findSuppression: FindSuppression) {
  const key = findSuppression(subject.customerId, subject.email);
  if (key !== undefined) return { key, customerId: subject.customerId };
  const text = Buffer.from(line.text, line.encoding).toString("utf8");
  return findMentionedPerson(text, findSuppression);
}

/** Of a line that is unreadable for a character that PostgreSQL cannot store, that character may stand in the subject. */
function storable({ customerId, email }: Subject): Subject {
  const isPlain = (text: string | null) => text !== null && /^[\x20-\x7e]*$/.test(text);
  return { customerId: isPlain(customerId) ? customerId : null, email: isPlain(email) ? email : null };
}

/** A record's line in its file, as people count it. */
function lineInFile(segment: Segment, lineIndex: number): number {
  return segment.lines?.[lineIndex] ?? segment.firstLine + lineIndex;
}

function emptyCounts(): BatchSummary["segments"][number] {
  return { records: 0, rejected: 0, masked: 0, processedBytes: 0 };
}

/** Creates the record of a CSV row, and its text: what goes to quarantine can be replayed like any other record. */
function fromCsv(dataset: Dataset, parsed: ParsedLine, maxNesting: number): ParsedLine {
  if (parsed.problem !== undefined || !isRow(parsed.record)) return parsed;
  const record = dataset.fromCsv(parsed.record);
  // A field that holds JSON has only now been parsed.
  const problem = problemOf(record, parsed.text, maxNesting);
  if (problem !== undefined) return { problem, text: parsed.text, encoding: "utf8", record };
  return { record, text: JSON.stringify(record) };
}

function isRow(record: unknown): record is Record<string, string> {
  return typeof record === "object" && record !== null && !Array.isArray(record);
}

function unparsed(line: Buffer): Pick<UnparsedLine, "text" | "encoding"> {
  return isUtf8(line) && !line.includes(0)
    ? { text: line.toString("utf8").trim(), encoding: "utf8" }
    : { text: line.toString("base64"), encoding: "base64" };
}

function isWithin(ordinal: number, { first, end }: OrdinalRange): boolean {
  return ordinal >= first && ordinal < end;
}

function unreadable(problem: string): Rejection {
  return { reason: "unreadable", pointer: null, message: problem, missingKey: null };
}

const NOBODY: Subject = { customerId: null, email: null };

const DUPLICATE: Rejection = {
  reason: "duplicate",
  pointer: null,
  message: "the same record stands earlier in the batch",
  missingKey: null,
};

// White space alone: a line of NUL bytes, which a crash can leave at a file's end, is something to be told of.
function isBlank(line: Buffer): boolean {
  let i = 0;
  while (i < line.length && (line[i] === SPACE || line[i] === TAB || line[i] === RETURN)) i++;
  return i === line.length;
}
