import type { CheckMetric } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { PartitionRange } from "@lethe/contracts/partition";
import type { QualitySeries, SeriesMetric } from "@lethe/contracts/quality-series";
import type { Queryable } from "../pool.js";
import { ofRange } from "./in-range.js";

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
  range: PartitionRange,
): Promise<Columns> {
  const { measure, check } = MEASURES[metric];
  const { condition, values } = ofRange(dataset, range);
  const [ofProperty, ofMetric, ofUnit] = [1, 2, 3].map((place) => `$${values.length + place}`);
  const value = measure(`${ofProperty}::text`);
  const { rows } = await db.query<Columns>(
    `with measured as (
       select partition_date, partition_hour, records_in, (${value})::double precision as value
       from ledger.partition_stats s where ${condition}
     ), judged as (
       select distinct on (partition_date, partition_hour) partition_date, partition_hour, unit, least, most, passed
       from ledger.check_results r
       where ${condition} and metric = ${ofMetric} and property is not distinct from ${ofProperty}::text
       order by partition_date, partition_hour, passed, id
     ), point as (
       select (partition_date - date '1970-01-01') * 24 + partition_hour as hour, round(value::numeric, 3)::double precision as value,
              least * per_unit as least, most * per_unit as most, coalesce(not passed, false) as has_failed
       from measured left join judged using (partition_date, partition_hour)
       -- A check may count rows of which the share is shown.
       cross join lateral (
         select case when unit = 'rows' and ${ofUnit}::text = 'percent' then 100.0 / nullif(records_in, 0) else 1 end as per_unit
       ) as scale
       where value is not null
       order by partition_date, partition_hour
     )
     select coalesce(json_agg(hour), '[]') as hours, coalesce(json_agg(value), '[]') as values, coalesce(json_agg(least), '[]') as least,
            coalesce(json_agg(most), '[]') as most, coalesce(json_agg(hour) filter (where has_failed), '[]') as failed
     from point`,
    [...values, property, check, metric === "rowCount" ? "rows" : "percent"],
  );
  return rows[0] ?? { hours: [], values: [], least: [], most: [], failed: [] };
}

/** SQL: of a partition's records, in percent. */
function share(count: string): string {
  return `100.0 * (${count}) / nullif(records_in, 0)`;
}

/** What comes later than two days after its hour is history that is loaded, and says nothing of when files come. */
const DELAY =
  "extract(epoch from first_arrived_at - (partition_date + make_interval(hours => partition_hour + 1)) at time zone 'UTC') / 3600";

const ofField = (column: string, property: string) => share(`coalesce((${column} ->> ${property})::bigint, 0)`);

interface Measured {
  /** SQL for the value, by that for the name of a field. */
  readonly measure: (property: string) => string;
  /** The metric of the checks that bound it. */
  readonly check: CheckMetric | null;
}

const MEASURES: Readonly<Record<SeriesMetric, Measured>> = {
  rowCount: { measure: () => "records_in", check: "rowCount" },
  rejectedRows: { measure: () => share("records_rejected"), check: null },
  duplicateValues: { measure: () => share("duplicates"), check: "duplicateValues" },
  invalidValues: {
    measure: (property) =>
      `case when ${property} is null then ${share("faults")} else ${ofField("faults_of", property)} end`,
    check: "invalidValues",
  },
  nullValues: { measure: (property) => ofField("nulls", property), check: "nullValues" },
  missingValues: { measure: (property) => ofField("missing", property), check: "missingValues" },
  arrivalDelay: { measure: () => `case when ${DELAY} <= 48 then greatest(${DELAY}, 0) end`, check: null },
};
