import Type, { type Static } from "typebox";
import { ERASURE_OUTCOMES } from "./erasures.js";
import { BatchWarningSchema } from "./record-warnings.js";
import { BatchSchemaChangeSchema } from "./schema-changes.js";

/**
 * The staged objects of a batch, under `<run>/<batch>/`. The extractor writes the first two, the loader the last, and the
 * transformer all others. The loader removes all but the last when the batch is loaded, and the last when it is published.
 */
export const STAGED = {
  /** One record a line, its bytes as in the file. See `linesOf`. */
  records: "records.ndjson",
  manifest: "manifest.json",
  summary: "summary.json",
  /** Rows of a staging table in PostgreSQL's COPY text format. */
  table: (table: string) => `${table}.copy`,
  /** Rejects in COPY text format for the quarantine table. */
  rejects: "rejects.copy",
  /** Cleaned records as in `processed_data/`, one a line, segment after segment. */
  processed: "processed.ndjson",
  /** The ordinal and the length in bytes of each of those lines, as two unsigned 32-bit numbers, little-endian. */
  processedIndex: "processed.index",
  /** Masked payloads by ordinal, for records that the loader must not quarantine as they came. */
  masked: "masked.json",
  /** Records of erased people that bear identifiers which were not known as theirs. In plain, as in the lines themselves. */
  joined: "joined.json",
  /** The loaded records of each segment, as a gzip member. See `ofLoad`. */
  published: "published.gz",
} as const;

/**
 * Returns the name of an object that a transformation stages, but for the summary. Each has names of its own, and the summary says
 * whose objects it is about: a transformation that is late, since its job was delivered twice or its process was stopped, cannot
 * change what a loader reads. That would not be the same again: the ids of erased people's records are random, and the
 * suppression list may have been another.
 */
export function ofTransformation(transformation: string, name: string): string {
  return `${name}.${transformation}`;
}

/**
 * Returns the name of the output that an attempt to load a batch stages. The ledger says which attempt it was whose output counts;
 * a batch that was loaded by an earlier version has one without an attempt.
 */
export function ofLoad(attempt: string | null): string {
  return attempt === null ? STAGED.published : `${STAGED.published}.${attempt}`;
}

/**
 * Returns the name of the object with the lines that a manifest is about. Each staging of a batch's lines has a name of its own, which the
 * summary of what was transformed from them repeats: lines of a replay that are staged again may have been masked since, and what
 * was made of the former ones must not be loaded for them.
 */
export function linesOf({ staging }: Pick<BatchManifest, "staging">): string {
  return staging === undefined ? STAGED.records : `${STAGED.records}.${staging}`;
}

const Count = Type.Integer({ minimum: 0 });

/** The name of a staging of lines; an earlier version has given none. */
const StagingName = Type.Optional(Type.String({ pattern: "^[0-9a-f]+$" }));

/**
 * Consecutive lines of a batch that come from one file. A line's ordinal is its number in the batch, from 0. In a replay,
 * `lines` and `quarantineIds` say of each line where in the file it stood and which quarantined record it is.
 */
export const SegmentSchema = Type.Object({
  fileId: Count,
  partition: Type.Object({ date: Type.String(), hour: Count }),
  /** `csv`: each line is blank, or a JSON object of texts, which the dataset's CSV rules convert to a record, or a bad row. */
  encoding: Type.Union([Type.Literal("json"), Type.Literal("csv")]),
  firstOrdinal: Count,
  lineCount: Count,
  /** The first line's number in the file, from 1. In a JSON array, records are counted; in a CSV file, rows. */
  firstLine: Count,
  lines: Type.Optional(Type.Array(Count)),
  quarantineIds: Type.Optional(Type.Array(Count)),
});
export type Segment = Static<typeof SegmentSchema>;

/** Returns the line in its file, from 1, of a segment's `index`-th line, from 0. */
export function lineInFile(segment: Segment, index: number): number {
  return segment.lines?.[index] ?? segment.firstLine + index;
}

/** Of declared fields: how many records have null there, or nothing; and how many have that, or blanks. Zeros are left out. */
const LackingSchema = Type.Record(Type.String(), Type.Tuple([Count, Count]));
export type Lacking = Static<typeof LackingSchema>;

export const BatchManifestSchema = Type.Object({
  staging: StagingName,
  segments: Type.Array(SegmentSchema),
  bytes: Count,
});
export type BatchManifest = Static<typeof BatchManifestSchema>;

/** What the transformer found. It is written last, so a batch with a summary is complete. */
export const BatchSummarySchema = Type.Object({
  /** The transformation whose objects it is about. */
  transformation: Type.String({ pattern: "^[0-9a-f]+$" }),
  /** The staging of the lines that were transformed. */
  staging: StagingName,
  suppressionEpoch: Count,
  policyVersion: Type.String(),
  /** The size in bytes of each staging table's rows. */
  tables: Type.Array(Type.Object({ table: Type.String(), bytes: Count })),
  rejectBytes: Count,
  rejectedByReason: Type.Record(Type.String(), Count),
  /**
   * The counts of each segment, in the manifest's order. `masked` counts records of suppressed people; `processedBytes` is
   * the size of the processed lines. `lacking` counts records by field that they lack: with null or nothing, and with that or blank.
   */
  segments: Type.Array(
    Type.Object({
      records: Count,
      rejected: Count,
      masked: Count,
      processedBytes: Count,
      lacking: Type.Optional(LackingSchema),
    }),
  ),
  schemaChanges: Type.Array(BatchSchemaChangeSchema),
  warnings: Type.Array(BatchWarningSchema),
  /** Records in `joined`, and records that are held for a question that is not open yet: their load changes the list. */
  joined: Count,
  newQuestions: Count,
});
export type BatchSummary = Static<typeof BatchSummarySchema>;

const OptionalText = Type.Union([Type.String(), Type.Null()]);

/** A record whose identifiers join those of its erased subject, all of them canonical. */
const JoinedRecordSchema = Type.Object({
  subjectId: Type.String(),
  outcome: Type.Enum(ERASURE_OUTCOMES),
  /** The id of the key of the subject's hashes. */
  keyId: Type.String(),
  customerId: OptionalText,
  email: OptionalText,
  name: OptionalText,
  fileId: Count,
});
export type JoinedRecord = Static<typeof JoinedRecordSchema>;

export const JoinedRecordsSchema = Type.Array(JoinedRecordSchema);

const MaskedPayload = Type.Object({ payload: Type.String(), pseudonym: Type.Union([Type.String(), Type.Null()]) });

/** Masked payloads by ordinal: `always` for suppressed people, `byReason` for the reasons under which everybody is masked. */
export const MaskedPayloadsSchema = Type.Object({
  always: Type.Record(Type.String(), MaskedPayload),
  byReason: Type.Record(Type.String(), MaskedPayload),
});
export type MaskedPayloads = Static<typeof MaskedPayloadsSchema>;
