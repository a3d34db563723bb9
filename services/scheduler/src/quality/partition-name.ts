import type { Partition } from "@lethe/contracts/partition";

/** Returns a partition's name as ranges and alerts have it, `2020-01-31T05`. Names sort by time. */
export function partitionName({ date, hour }: Partition): string {
  return `${date}T${String(hour).padStart(2, "0")}`;
}

/** Returns the partition of such a name. */
export function partitionFromName(name: string): Partition {
  return { date: name.slice(0, 10), hour: Number(name.slice(11)) };
}
