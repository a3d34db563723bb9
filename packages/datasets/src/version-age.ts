/**
 * A version's age is an array of whole numbers, which PostgreSQL compares from left to right, newest last: the day of the
 * change in days since 1970 (where the dataset has one), the partition in seconds since 1970, the file's number and the line.
 */
export interface AgeOrder {
  /** The column of type `date` in which the sender says when the version changed, if there is one. */
  readonly changed?: string;
}

/** Stands for a day or a partition that is not known or not believed. */
const OLDEST = "-9007199254740991::bigint";

/** Returns SQL of the age of the staged row `alias`. It arrives now. */
export function stagedAge(order: AgeOrder, alias: string): string {
  return age(order, alias, "now()", `${alias}.file_id`, `${alias}.line`);
}

/**
 * Returns SQL of the age that `column` (`first_seen` or `last_seen`) of the stored row `alias` holds. Rows from before these
 * columns, and those that an erasure has masked, have none: theirs follows from what else they hold.
 */
export function seenOf(order: AgeOrder, alias: string, column: "first_seen" | "last_seen"): string {
  return `coalesce(${alias}.${column}, ${age(order, alias, `${alias}.loaded_at`, `${alias}.source_file_id`, "0")})`;
}

/** Returns SQL of the instant that a version of this age holds from; `arrived` is SQL of when it arrived. */
export function validFrom({ changed }: AgeOrder, seen: string, arrived: string): string {
  const partition = changed === undefined ? `${seen}[1]` : `${seen}[2]`;
  const days = `timestamptz '1970-01-01 00:00:00+00' + ${seen}[1] * interval '24 hours'`;
  return `case ${changed === undefined ? "" : `when ${seen}[1] > ${OLDEST} then ${days}`}
      when ${partition} > ${OLDEST} then to_timestamp(${partition}) else ${arrived} end`;
}

/**
 * A partition more than a day after its arrival is not believed: its records come before all others. A day of change is not
 * believed when it lies more than a day after the partition or the arrival; the partition's day takes its place.
 */
function age({ changed }: AgeOrder, alias: string, arrived: string, file: string, line: string): string {
  const partition = `case when ${alias}.source_partition <= ${arrived} + interval '1 day' then ${alias}.source_partition end`;
  const seconds = `coalesce(extract(epoch from ${partition})::bigint, ${OLDEST})`;
  const place = `coalesce(${file}, 0)::bigint, coalesce(${line}, 0)::bigint`;
  if (changed === undefined) return `array[${seconds}, ${place}]`;
  const latest = `${utcDay(`least(${alias}.source_partition, ${arrived})`)} + 1`;
  const day = `case when ${alias}.${changed} <= ${latest} then ${alias}.${changed}
                    when ${alias}.${changed} is not null then ${utcDay(`(${partition})`)} end`;
  return `array[coalesce((${day} - date '1970-01-01')::bigint, ${OLDEST}), ${seconds}, ${place}]`;
}

function utcDay(instant: string): string {
  return `(${instant} at time zone 'UTC')::date`;
}
