import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";
import { RECORD_WARNINGS } from "./record-warnings.js";
import { SchemaChangeSchema } from "./schema-changes.js";

/** The states of a run that still has work to do, in the order in which it passes through them. */
export const ACTIVE_RUN_STATES = ["queued", "extracting", "processing", "finishing"] as const;

/** The states of a run that has done its work; with warnings, more of its records than usual could not be loaded. */
export const SUCCESS_STATES = ["succeeded", "succeeded_with_warnings"] as const;

/** An active run ends as succeeded, `failed` or `cancelled`. A schedule that fires during one records a `skipped` run. */
export const RUN_STATES = [...ACTIVE_RUN_STATES, ...SUCCESS_STATES, "failed", "cancelled", "skipped"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Reports whether a run in this state has done its work, with warnings or without. */
export function hasSucceeded(state: RunState): boolean {
  return (SUCCESS_STATES as readonly RunState[]).includes(state);
}

/** The thresholds of a run. The code of one that is reached is that of the run's warning, or of its error. */
export const RUN_THRESHOLDS = {
  too_many_rejects: "More of the run's records are at fault than its dataset allows.",
  too_many_late_references:
    "More of the run's records refer to customers or products that are not in the warehouse than its dataset allows.",
} as const;
export type RunThresholdCode = keyof typeof RUN_THRESHOLDS;

/** Reports whether a run failed because of its records alone: all its work is done, and there is nothing to retry. */
export function isThreshold(code: string): code is RunThresholdCode {
  return Object.hasOwn(RUN_THRESHOLDS, code);
}

/** Reports whether a run in this state still has work to do. */
export function isActive(state: RunState): boolean {
  return (ACTIVE_RUN_STATES as readonly RunState[]).includes(state);
}

/** The states of a batch that still waits for a service: for the transformer, then for the loader. */
export const PENDING_BATCH_STATES = ["staged", "transformed"] as const;
export const BATCH_STATES = [...PENDING_BATCH_STATES, "loaded", "failed", "cancelled"] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** Reports whether a batch in this state still waits for a service. */
export function isPending(state: BatchState): boolean {
  return (PENDING_BATCH_STATES as readonly BatchState[]).includes(state);
}

/**
 * The input of a run: `files` from landing, in a `replay` records from quarantine, in a `backfill` archived files. A `plan` does what a
 * replay does, and takes all of it back but the counts.
 */
export const RUN_KINDS = ["files", "replay", "backfill", "plan"] as const;
export type RunKind = (typeof RUN_KINDS)[number];

/** The kinds of runs that load what they take. */
export type LoadingKind = Exclude<RunKind, "plan">;

export const RUN_TRIGGERS = ["api", "cli", "schedule", "automatic"] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

/** Why something in landing was not taken and stays there until a person has seen to it. */
const NOT_TAKEN_CODES = {
  file_unknown: "The file's name is of no dataset, or not of one alone.",
  partition_invalid: "The file is in no folder that names its date, as date=YYYY-MM-DD/hour=HH does.",
  path_refused: "A symbolic link or a path outside the folder is not followed.",
  name_illegible: "The name is not UTF-8. Rename the file or folder.",
  file_forbidden: "The file may not be read by the service and stays where it is.",
  file_failed:
    "The file could not be read to its end and stays where it is: the system reports a fault of it or of its disk.",
  file_unmovable: "The file cannot be moved out of landing, so it was not taken. Let the service write to its folder.",
  folder_unreadable: "The folder cannot be read; what is in it stays where it is.",
  archive_file_absent:
    "The ledger has the file and the archive does not. Restore it from a backup and run the backfill again.",
  archive_file_damaged:
    "The file in the archive is not what was loaded from it. Nothing of it was taken; restore it from a backup and run the backfill again.",
  archive_file_unknown:
    "The archive has the file and the ledger does not. To load it, put a copy into its partition in landing.",
  unexpected_entries_left: "More entries of landing than are listed were not taken.",
} as const;

/** What a notice says about one file or folder of a run, or about records. The run itself went on. */
export const NOTICE_CODES = {
  ...NOT_TAKEN_CODES,
  ...RECORD_WARNINGS,
  empty_file: "The file holds no record.",
  bytes_behind_gzip: "Text follows the file's gzip data; it was read as records.",
  file_unreadable: "The file could not be read and stands in quarantine whole.",
  file_quarantined_before:
    "The same content stands in quarantine already and is unreadable still; the file was removed.",
  file_tried_again:
    "The file stood in quarantine whole and can be read now. It is back in landing, for the next run of its job.",
  file_unreadable_still: "The file stands in quarantine whole and cannot be read now, either. It stays there.",
  content_masked:
    "The same content came before and people were erased from it: what the archive keeps of it was taken.",
  staging_full:
    "What failed or cancelled runs keep in staging leaves room for one batch at a time (LETHE_STAGING_BYTES): retry them.",
  file_busy: "Another open run has the file; it stays where it is.",
  file_changed: "The file changed after it was read. It is back in landing as it is now, for the next run.",
  file_grown:
    "A writer went on after the file was archived. The archive keeps what was read; all of it is back in landing, for the next run.",
  file_growing: "The file is still being written; it stays in landing for the next run.",
  files_unmarked: "Files lie in landing that their senders have not marked as finished (LETHE_READY_MARKER).",
  file_renamed: "A newer file has its name in landing, so the file went back there under another one.",
  processed_kept:
    "The partition's processed file was to be written anew, but not all that belongs into it was at hand. It stays as it is.",
  files_left: "More files lie in landing than one run takes; they wait for the next run.",
} as const;
export type NoticeCode = keyof typeof NOTICE_CODES;

/** Reports whether a notice names something that was not taken and that a person has to see to. */
export function isNotTaken(code: string): boolean {
  return Object.hasOwn(NOT_TAKEN_CODES, code);
}

/** What a run's id may be searched by: its beginning, of four hexadecimal digits at least. */
export const RUN_ID_START = "^[0-9A-Fa-f]{4}(?:-?[0-9A-Fa-f]){0,28}-?$";

const Count = Type.Integer({ minimum: 0 });
const Timestamp = Type.String({ format: "date-time" });
const PartitionName = Type.String({ description: "`YYYY-MM-DDTHH`" });
const Remark = Type.Object({ code: Type.String(), message: Type.String() });

export const RunSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    job: DatasetNameSchema,
    kind: Type.Enum(RUN_KINDS),
    trigger: Type.Enum(RUN_TRIGGERS),
    state: Type.Enum(RUN_STATES),
    from: Type.Union([Type.String(), Type.Null()]),
    to: Type.Union([Type.String(), Type.Null()]),
    force: Type.Boolean(),
    requestedAt: Timestamp,
    startedAt: Type.Union([Timestamp, Type.Null()]),
    finishedAt: Type.Union([Timestamp, Type.Null()]),
    files: Type.Object({
      taken: Count,
      done: Count,
      alreadyLoaded: Count,
      quarantined: Count,
    }),
    /** Files and folders of landing that no dataset's run takes, or that this run could not read. They stay there. */
    notTaken: Count,
    batches: Type.Object({ total: Count, done: Count, failed: Count }),
    records: Type.Object({
      in: Count,
      loaded: Count,
      rejected: Count,
      rejectedByReason: Type.Record(Type.String(), Count),
    }),
    /** The size of the run's files as they are stored, and of their batches, unpacked. */
    bytes: Type.Object({ files: Count, batches: Count }),
    /** Milliseconds. The times of a stage's batches are added up: two loaders that work for 1 s make 2,000. */
    durationsMs: Type.Object({
      total: Count,
      extract: Count,
      transform: Count,
      load: Count,
      finish: Count,
    }),
    /** Which thresholds of the dataset the run's records have reached, of a run that succeeded with warnings. */
    warnings: Type.Array(Remark),
    error: Type.Union([Remark, Type.Null()]),
  },
  { $id: "Run" },
);
export type Run = Static<typeof RunSchema>;

export const NoticeSchema = Type.Object({
  code: Type.String(),
  path: Type.String(),
  message: Type.String(),
});
export type Notice = Static<typeof NoticeSchema>;

export const RunDetailSchema = Type.Object({
  ...RunSchema.properties,
  notices: Type.Array(NoticeSchema),
  /** The failed batches, with the codes of their errors. A retry takes them up again. */
  failures: Type.Array(
    Type.Object({
      batchId: Type.String(),
      code: Type.String(),
      message: Type.String(),
    }),
  ),
  /** How the fields of the run's records differ from the dataset's schema: new fields, then missing ones, by name. */
  schemaChanges: Type.Array(SchemaChangeSchema),
});
export type RunDetail = Static<typeof RunDetailSchema>;

/** A batch of a run, and when it passed through its stages; null for one that it has not passed, or that nobody wrote down. */
export const RunBatchSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    number: Count,
    state: Type.Enum(BATCH_STATES),
    /** Of its lines, unpacked. */
    bytes: Count,
    records: Type.Object({ in: Count, loaded: Count, rejected: Count }),
    /** Its first file, and how many files have lines in it. */
    file: Type.Union([Type.Object({ path: Type.String(), partition: PartitionName }), Type.Null()]),
    files: Count,
    /** When its lines were staged, its rows and rejects were, and it was loaded or gave up. */
    extractedAt: Timestamp,
    transformedAt: Type.Union([Timestamp, Type.Null()]),
    loadedAt: Type.Union([Timestamp, Type.Null()]),
    failedAt: Type.Union([Timestamp, Type.Null()]),
    /** What its stages took: of more than one attempt, all of them. */
    durationsMs: Type.Object({ transform: Count, load: Count }),
    error: Type.Union([Remark, Type.Null()]),
  },
  { $id: "RunBatch" },
);
export type RunBatch = Static<typeof RunBatchSchema>;

/**
 * - `open`: in work;
 * - `done`: loaded, published and archived;
 * - `quarantined`: it cannot be read, and stands in quarantine whole;
 * - `released`: its run did not get through, so a later one may take it;
 * - `absent`, `damaged`: a backfill did not find it in the archive, or not as it was loaded.
 */
export const FILE_STATES = ["open", "done", "quarantined", "released", "absent", "damaged"] as const;

/** A file that a run has taken. */
export const RunFileSchema = Type.Object(
  {
    id: Type.Integer(),
    /** Its name in landing; once it is archived, a plain one. */
    path: Type.String(),
    partition: PartitionName,
    state: Type.Enum(FILE_STATES),
    /** Its size as it came. */
    bytes: Count,
    /** How many batches have lines of it, and how many of these are loaded; the first is null until all are made. */
    batches: Type.Object({ total: Type.Union([Count, Type.Null()]), loaded: Count }),
    records: Type.Object({ in: Count, loaded: Count, rejected: Count }),
    takenAt: Timestamp,
    doneAt: Type.Union([Timestamp, Type.Null()]),
  },
  { $id: "RunFile" },
);
export type RunFile = Static<typeof RunFileSchema>;
