import type { CheckMetric } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { PartitionRange } from "@lethe/contracts/partition";
import type { QualitySeries, SeriesMetric } from "@lethe/contracts/quality-series";
import type { Queryable } from "../pool.js";

/** What is measured. */
export interface Measure {
  readonly metric: SeriesMetric;
  readonly property: string | null;
}

type Columns = Pick<QualitySeries, "hours" | "values" | "least" | "most" | "failed">;

/** Returns a metric of a dataset over its partitions, with the bounds that these were held against. */
export async function readSeries(
  db: Queryable,
  dataset: DatasetName,
  { metric, property }: Measure,
  { from, to }: PartitionRange,
): Promise<Columns> {
  const { value, check } = MEASURES[metric];
  const { rows } = await db.query<Columns>(
    `with measured as (
       select partition_date, partition_hour, records_in, (${value})::double precision as value
       from ledger.partition_stats s where ${inRange("s")}
     ), judged as (
       select distinct on (partition_date, partition_hour) partition_date, partition_hour, unit, least, most, passed
       from ledger.check_results r
       where ${inRange("r")} and metric = $7 and property is not distinct from $6::text
       order by partition_date, partition_hour, passed, id
     ), point as (
       select (partition_date - date '1970-01-01') * 24 + partition_hour as hour, round(value::numeric, 3)::double precision as value,
              least * per_unit as least, most * per_unit as most, coalesce(not passed, false) as has_failed
       from measured left join judged using (partition_date, partition_hour)
       -- A check may count rows of which the share is shown.
       cross join lateral (
         select case when unit = 'rows' and $8 = 'percent' then 100.0 / nullif(records_in, 0) else 1 end as per_unit
       ) as scale
       where value is not null
       order by partition_date, partition_hour
     )
     select coalesce(json_agg(hour), '[]') as hours, coalesce(json_agg(value), '[]') as values, coalesce(json_agg(least), '[]') as least,
            coalesce(json_agg(most), '[]') as most, coalesce(json_agg(hour) filter (where has_failed), '[]') as failed
     from point`,
    [
      ...[dataset, from?.date ?? null, from?.hour ?? null, to?.date ?? null, to?.hour ?? null],
      ...[property, check, metric === "rowCount" ? "rows" : "percent"],
    ],
  );
  return rows[0] ?? { hours: [], values: [], least: [], most: [], failed: [] };
}

function inRange(table: string): string {
  const partition = `(${table}.partition_date, ${table}.partition_hour)`;
  return `${table}.dataset = $1 and ($2::date is null or ${partition} >= ($2::date, $3::smallint))
    and ($4::date is null or ${partition} <= ($4::date, $5::smallint))`;
}

/** SQL: of a partition's records, in percent. */
function share(count: string): string {
  return `100.0 * (${count}) / nullif(records_in, 0)`;
}

/** What comes later than two days after its hour is history that is loaded, and says nothing of when files come. */
const DELAY =
  "extract(epoch from first_arrived_at - (partition_date + make_interval(hours => partition_hour + 1)) at time zone 'UTC') / 3600";

const ofField = (column: string) => share(`coalesce((${column} ->> $6)::bigint, 0)`);

/** How each metric is measured, and the metric of the checks that bound it. */
const MEASURES: Readonly<Record<SeriesMetric, { readonly value: string; readonly check: CheckMetric | null }>> = {
  rowCount: { value: "records_in", check: "rowCount" },
  rejectedRows: { value: share("records_rejected"), check: null },
  duplicateValues: { value: share("duplicates"), check: "duplicateValues" },
  invalidValues: {
    value: `case when $6::text is null then ${share("faults")} else ${ofField("faults_of")} end`,
    check: "invalidValues",
  },
  nullValues: { value: ofField("nulls"), check: "nullValues" },
  missingValues: { value: ofField("missing"), check: "missingValues" },
  arrivalDelay: { value: `case when ${DELAY} <= 48 then greatest(${DELAY}, 0) end`, check: null },
};
