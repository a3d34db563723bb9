import { InvalidInputError } from "@lethe/contracts/errors";
import { type Partition, parseRangeEnd, partitionPath } from "@lethe/contracts/partition";

/** Checks the two ends of a range of partitions. Throws InvalidInputError that names the end, not its text. */
export function checkRange(range: { readonly from?: string; readonly to?: string }): void {
  const from = readEnd(range.from, "from");
  const to = readEnd(range.to, "to");
  if (from !== undefined && to !== undefined && partitionPath(from) > partitionPath(to)) {
    throw new InvalidInputError("from lies after to");
  }
}

function readEnd(text: string | undefined, end: "from" | "to"): Partition | undefined {
  if (text === undefined) return undefined;
  const partition = parseRangeEnd(text, end);
  if (partition === undefined) throw new InvalidInputError(`${end} must be YYYY-MM-DD or YYYY-MM-DDTHH`);
  return partition;
}
