import Type, { type Static } from "typebox";
import { BatchSchemaChangeSchema } from "./schema-changes.js";

/**
 * What lies in staging for one batch, under `<run>/<batch>/`. The extractor writes the first two, the transformer
 * the next, the loader the last. All but the last goes when the batch is loaded, that when it is published.
 */
export const STAGED = {
  /** One record a line, as the bytes stood in the file. */
  records: "records.ndjson",
  manifest: "manifest.json",
  summary: "summary.json",
  /** Rows of one staging table in PostgreSQL's COPY text format. */
  table: (table: string) => `${table}.copy`,
  /** Rejects in COPY text format for the quarantine table. */
  rejects: "rejects.copy",
  /** Cleaned records as `processed_data/` holds them, a line each, segment after segment. */
  processed: "processed.ndjson",
  /** Of each of those lines the ordinal and the length in bytes, as two unsigned 32-bit numbers, little-endian. */
  processedIndex: "processed.index",
  /** Payloads by ordinal, masked, for the case that the loader rejects records of suppressed people. */
  masked: "masked.json",
  /** A gzip member per segment of what was loaded. */
  published: "published.gz",
} as const;

const Count = Type.Integer({ minimum: 0 });

/**
 * Consecutive lines of a batch that come from one file. A line's ordinal is its number in the batch, from 0. In a replay,
 * `lines` and `quarantineIds` say of each line where in the file it stood and which quarantined record it is.
 */
export const SegmentSchema = Type.Object({
  fileId: Count,
  partition: Type.Object({ date: Type.String(), hour: Count }),
  /** `csv`: each line is a JSON object of texts, to be coerced by the dataset's CSV rules. */
  encoding: Type.Union([Type.Literal("json"), Type.Literal("csv")]),
  firstOrdinal: Count,
  lineCount: Count,
  /** 1-based; in an array or CSV file it counts records. */
  firstLine: Count,
  lines: Type.Optional(Type.Array(Count)),
  quarantineIds: Type.Optional(Type.Array(Count)),
});
export type Segment = Static<typeof SegmentSchema>;

/** Returns the line in its file, from 1, of a segment's `index`-th line, from 0. */
export function lineInFile(segment: Segment, index: number): number {
  return segment.lines?.[index] ?? segment.firstLine + index;
}

export const BatchManifestSchema = Type.Object({
  segments: Type.Array(SegmentSchema),
  bytes: Count,
});
export type BatchManifest = Static<typeof BatchManifestSchema>;

/** What the transformer found; written last, so a batch with a summary is complete. */
export const BatchSummarySchema = Type.Object({
  suppressionEpoch: Count,
  policyVersion: Type.String(),
  /** The length in bytes of each staging table's rows. */
  tables: Type.Array(Type.Object({ table: Type.String(), bytes: Count })),
  rejectBytes: Count,
  rejectedByReason: Type.Record(Type.String(), Count),
  /**
   * By segment, in the manifest's order; `masked` are the records of suppressed people, `processedBytes` is the length
   * of its processed lines.
   */
  segments: Type.Array(Type.Object({ records: Count, rejected: Count, masked: Count, processedBytes: Count })),
  schemaChanges: Type.Array(BatchSchemaChangeSchema),
});
export type BatchSummary = Static<typeof BatchSummarySchema>;

const MaskedPayload = Type.Object({ payload: Type.String(), pseudonym: Type.Union([Type.String(), Type.Null()]) });

/** Masked payloads by ordinal: `always` for people who are suppressed, `byReason` where only some reasons mask. */
export const MaskedPayloadsSchema = Type.Object({
  always: Type.Record(Type.String(), MaskedPayload),
  byReason: Type.Record(Type.String(), MaskedPayload),
});
export type MaskedPayloads = Static<typeof MaskedPayloadsSchema>;
