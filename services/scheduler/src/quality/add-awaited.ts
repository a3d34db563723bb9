import { isInRange, type PartitionRange } from "@lethe/contracts/partition";
import type { PartitionCalendar } from "@lethe/contracts/partitions";
import type { Expectation } from "@lethe/quality/expect-arrivals";
import { HOUR_MS, hourAt, partitionOf } from "@lethe/quality/partition-hours";

type Columns = Omit<PartitionCalendar, "dataset">;

/** Adds to a calendar the hours until `now` that are expected, of which nothing has come, and which are not due yet. */
export function addAwaited(
  known: Columns,
  expectation: Expectation | undefined,
  range: PartitionRange,
  now: Date,
): Columns {
  if (expectation === undefined) return known;
  const { isExpected, lateAfterMs, from } = expectation;
  const there = new Set(known.hours);
  const first = Math.max(from, Math.floor((now.getTime() - lateAfterMs) / HOUR_MS));
  let columns = known;
  for (let hour = first; hour <= hourAt(now); hour += 1) {
    if (!isExpected(hour) || there.has(hour) || !isInRange(partitionOf(hour), range)) continue;
    const behind = columns.hours.findIndex((other) => other > hour);
    columns = insertAwaited(columns, behind === -1 ? columns.hours.length : behind, hour);
  }
  return columns;
}

function insertAwaited({ states, ...columns }: Columns, place: number, hour: number): Columns {
  return {
    ...columns,
    states: `${states.slice(0, place)}a${states.slice(place)}`,
    hours: columns.hours.toSpliced(place, 0, hour),
    files: columns.files.toSpliced(place, 0, 0),
    loaded: columns.loaded.toSpliced(place, 0, 0),
    rejected: columns.rejected.toSpliced(place, 0, 0),
  };
}
