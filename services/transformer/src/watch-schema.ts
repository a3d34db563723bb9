import { type BatchSchemaChange, MOST_NEW_FIELDS, OTHER_FIELDS } from "@lethe/contracts/schema-changes";
import type { Segment } from "@lethe/contracts/staged-batch";
import { compareShape, isObject, type RecordShape, type ShapeDifference } from "@lethe/datasets/record-shape";

/** How the fields of a batch's records differ from their dataset's. */
export interface SchemaReport {
  readonly changes: readonly BatchSchemaChange[];
  /** Those of them by which the batch's columns are others than the dataset's; the rest are single records' defects. */
  readonly changedColumns: readonly BatchSchemaChange[];
}

export interface SchemaWatch {
  startSegment(segment: Segment): void;
  /**
   * Takes the segment's next record. One that `fits` the schema is looked at only while an optional field has not been
   * seen in the segment; otherwise this gives undefined.
   */
  take(record: unknown, line: number, fits: boolean): ShapeDifference | undefined;
  /** Looks at the record that was taken last, if `take` did not. */
  lookAgain(): void;
  endSegment(): void;
  report(): SchemaReport;
}

/**
 * Creates a watch that collects how the fields of a batch's records differ from the dataset's schema. New fields and
 * missing required fields are counted for every record. A missing optional field counts only if no record of a
 * segment has it. It is not counted in a replay, whose segments are single records picked from files.
 */
export function createSchemaWatch(shape: RecordShape): SchemaWatch {
  const unknown = new Map<string, BatchSchemaChange>();
  const missing = new Map<string, BatchSchemaChange>();
  const goneColumns = new Set<string>();
  let segment = watchSegment(undefined);
  let last: TakenRecord = { record: null, line: 0, isLookedAt: true };

  function look(): ShapeDifference {
    last.isLookedAt = true;
    const difference = compareShape(shape, last.record);
    if (!isObject(last.record)) return difference;
    const place = { records: 1, fileId: segment.fileId, line: last.line };
    let hasOthers = false;
    for (const field of difference.unknown) {
      if (field !== OTHER_FIELDS && isNamed(field)) count(unknown, { change: "new", field, ...place });
      else hasOthers = true;
    }
    if (hasOthers) count(unknown, { change: "new", field: OTHER_FIELDS, ...place });
    for (const field of difference.missing) count(segment.missing, { change: "missing", field, ...place });
    segment.unseen =
      segment.unseen === undefined
        ? difference.absent
        : new Set([...segment.unseen].filter((field) => difference.absent.has(field)));
    return difference;
  }

  /** A file may bring any number of names. */
  function isNamed(field: string): boolean {
    const names = unknown.has(OTHER_FIELDS) ? unknown.size - 1 : unknown.size;
    return unknown.has(field) || names < MOST_NEW_FIELDS;
  }

  return {
    startSegment(next) {
      segment = watchSegment(next);
    },
    take(record, line, fits) {
      last = { record, line, isLookedAt: false };
      if (isObject(record)) {
        segment.records += 1;
        segment.firstLine ??= line;
      }
      const isComplete = segment.unseen?.size === 0;
      return fits && isComplete ? undefined : look();
    },
    lookAgain() {
      if (!last.isLookedAt) look();
    },
    endSegment() {
      const { records, fileId, firstLine: line } = segment;
      for (const change of segment.missing.values()) {
        if (change.records === records) goneColumns.add(change.field);
        count(missing, change);
      }
      if (line === undefined) return;
      for (const field of segment.unseen ?? []) {
        goneColumns.add(field);
        count(missing, { change: "missing", field, records, fileId, line });
      }
    },
    report() {
      const changes = [...unknown.values(), ...missing.values()];
      return {
        changes,
        changedColumns: changes.filter(({ change, field }) => change === "new" || goneColumns.has(field)),
      };
    },
  };
}

interface TakenRecord {
  readonly record: unknown;
  readonly line: number;
  isLookedAt: boolean;
}

interface WatchedSegment {
  readonly fileId: number;
  /** Records that are objects: of anything else it cannot be said which fields it lacks. */
  records: number;
  firstLine: number | undefined;
  readonly missing: Map<string, BatchSchemaChange>;
  /** Optional fields that no record has had yet; undefined before the first one. */
  unseen: ReadonlySet<string> | undefined;
}

function watchSegment(segment: Segment | undefined): WatchedSegment {
  const isReplay = segment?.quarantineIds !== undefined;
  return {
    fileId: segment?.fileId ?? 0,
    records: 0,
    firstLine: undefined,
    missing: new Map(),
    unseen: isReplay ? new Set() : undefined,
  };
}

/** Adds to what was counted before, whose example stays the first one. */
function count(changes: Map<string, BatchSchemaChange>, change: BatchSchemaChange): void {
  const before = changes.get(change.field);
  changes.set(change.field, before === undefined ? change : { ...before, records: before.records + change.records });
}
