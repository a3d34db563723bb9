import type { DatasetName } from "@lethe/contracts/datasets";
import type { PartitionRange } from "@lethe/contracts/partition";

/** The rows of a dataset in a range of partitions, as a statement asks for them. */
export interface OfRange {
  /** SQL condition on the columns `dataset`, `partition_date` and `partition_hour`. What is not limited does not stand in it. */
  readonly condition: string;
  /** The statement's first parameters. */
  readonly values: readonly unknown[];
  /** A suffix for the name of a prepared statement, which differs where the condition does. */
  readonly name: string;
}

/** Returns how the rows of a dataset in a range of partitions are asked for, so that an index of the partition is used. */
export function ofRange(dataset: DatasetName, { from, to }: PartitionRange): OfRange {
  const values: unknown[] = [dataset];
  const conditions = ["dataset = $1"];
  const limit = (operator: string, { date, hour }: { readonly date: string; readonly hour: number }) => {
    const [day, ofDay] = [values.push(date), values.push(hour)];
    conditions.push(`(partition_date, partition_hour) ${operator} ($${day}::date, $${ofDay}::smallint)`);
  };
  if (from !== undefined) limit(">=", from);
  if (to !== undefined) limit("<=", to);
  return {
    condition: conditions.join(" and "),
    values,
    name: `${from === undefined ? "" : " from"}${to === undefined ? "" : " to"}`,
  };
}
