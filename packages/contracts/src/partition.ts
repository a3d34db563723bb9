/** One hour of input: the folder `date=YYYY-MM-DD/hour=HH`. */
export interface Partition {
  readonly date: string;
  readonly hour: number;
}

/** Returns a partition's folder, `date=2020-01-31/hour=05`. Folders sort by time. */
export function partitionPath(partition: Partition): string {
  return `date=${partition.date}/hour=${String(partition.hour).padStart(2, "0")}`;
}

/** Returns a partition's first instant as ISO 8601 in UTC, `2020-01-31T05:00:00Z`. */
export function partitionStart(partition: Partition): string {
  return `${partition.date}T${String(partition.hour).padStart(2, "0")}:00:00Z`;
}

/**
 * Parses the two folder names of a partition. Returns undefined unless they name an existing date and an hour from 00 to 23:
 * `date=2020-13-45` is none.
 */
export function parsePartition(dateFolder: string, hourFolder: string): Partition | undefined {
  const date = /^date=(\d{4}-\d{2}-\d{2})$/.exec(dateFolder)?.[1];
  const hour = /^hour=([01]\d|2[0-3])$/.exec(hourFolder)?.[1];
  if (date === undefined || hour === undefined || !isCalendarDate(date)) {
    return undefined;
  }
  return { date, hour: Number(hour) };
}

/** Reports whether a text is a date `YYYY-MM-DD` of the (proleptic Gregorian) calendar; 2020-02-30 is not. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8));
  if (year === 0 || month < 1 || month > 12 || day < 1) return false;
  return day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) {
    const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    return leap ? 29 : 28;
  }
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** A range of partitions, both ends included. A missing end does not limit it. */
export interface PartitionRange {
  readonly from?: Partition;
  readonly to?: Partition;
}

/** Parses an end of a range, `YYYY-MM-DD` (the whole day) or `YYYY-MM-DDTHH`. Returns undefined for any other text. */
export function parseRangeEnd(text: string, end: "from" | "to"): Partition | undefined {
  const [date, hour, ...rest] = text.split("T");
  if (rest.length > 0) return undefined;
  const wholeDayHour = end === "from" ? "00" : "23";
  return parsePartition(`date=${date}`, `hour=${hour ?? wholeDayHour}`);
}

/** Reports whether a partition lies in a range. */
export function isInRange(partition: Partition, range: PartitionRange): boolean {
  if (range.from === undefined && range.to === undefined) return true;
  const path = partitionPath(partition);
  if (range.from !== undefined && path < partitionPath(range.from)) {
    return false;
  }
  return range.to === undefined || path <= partitionPath(range.to);
}
