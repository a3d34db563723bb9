import { InvalidInputError } from "@lethe/contracts/errors";
import { type Partition, type PartitionRange, parseRangeEnd, partitionPath } from "@lethe/contracts/partition";
import Type from "typebox";

/** Checks the two ends of a range of partitions and returns them. Throws InvalidInputError that names the end, not its text. */
export function checkRange(range: { readonly from?: string; readonly to?: string }): PartitionRange {
  const from = readEnd(range.from, "from");
  const to = readEnd(range.to, "to");
  if (from !== undefined && to !== undefined && partitionPath(from) > partitionPath(to)) {
    throw new InvalidInputError("from lies after to");
  }
  return { ...(from && { from }), ...(to && { to }) };
}

function readEnd(text: string | undefined, end: "from" | "to"): Partition | undefined {
  if (text === undefined) return undefined;
  const partition = parseRangeEnd(text, end);
  if (partition === undefined) throw new InvalidInputError(`${end} must be YYYY-MM-DD or YYYY-MM-DDTHH`);
  return partition;
}

/** The ends of a range of partitions, as parameters of a query have them. */
export const RANGE_QUERY = {
  from: Type.Optional(Type.String({ description: "First partition: a day, or one of its hours" })),
  to: Type.Optional(
    Type.String({ description: "Last partition, included: a day as a whole, or up to one of its hours" }),
  ),
};
