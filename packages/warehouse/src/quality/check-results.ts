import type { CheckFinding, CheckMetric, CheckOutcomeName, CheckResult } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import { partitionNameSql } from "../ledger/partition-name.js";
import type { Queryable } from "../pool.js";

/** How a partition has passed a check. */
export interface NewResult extends CheckFinding {
  readonly partition: Partition;
}

/** Writes the results of partitions of a dataset in place of those that they had. */
export async function writeResults(
  db: Queryable,
  dataset: DatasetName,
  judged: readonly Partition[],
  results: readonly NewResult[],
  now: Date,
): Promise<void> {
  await db.query(
    `delete from ledger.check_results r
     using unnest($2::date[], $3::smallint[]) as j (partition_date, partition_hour)
     where r.dataset = $1 and r.partition_date = j.partition_date and r.partition_hour = j.partition_hour`,
    [dataset, judged.map(({ date }) => date), judged.map(({ hour }) => hour)],
  );
  await db.query(
    `insert into ledger.check_results
       (dataset, partition_date, partition_hour, check_key, metric, property, unit, value, condition, least, most,
        learnt, passed, judged_at)
     select $1, (r ->> 'date')::date, (r ->> 'hour')::smallint, r ->> 'check', r ->> 'metric', r ->> 'property', r ->> 'unit',
            (r ->> 'value')::double precision, r ->> 'condition', (r ->> 'least')::double precision,
            (r ->> 'most')::double precision, (r ->> 'learnt')::boolean, (r ->> 'passed')::boolean, $3
     from jsonb_array_elements($2::jsonb) with ordinality as each (r, position)
     order by position`,
    [dataset, JSON.stringify(results.map(({ partition, ...result }) => ({ ...partition, ...result }))), now],
  );
}

/** Removes results of checks that are older than so many days. Returns how many. */
export async function forgetOldResults(db: Queryable, days: number, now: Date): Promise<number> {
  const { rowCount } = await db.query(
    "delete from ledger.check_results where judged_at < $1::timestamptz - make_interval(days => $2)",
    [now, days],
  );
  return rowCount ?? 0;
}

export interface ResultFilter {
  readonly dataset?: DatasetName | undefined;
  readonly metric?: CheckMetric | undefined;
  readonly outcome?: CheckOutcomeName | undefined;
  /** The cursor of the previous page: only results older than that one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Returns one page of results, the newest first. */
export async function listResults(
  db: Queryable,
  filter: ResultFilter,
): Promise<{ checks: CheckResult[]; nextCursor: number | null }> {
  const { rows } = await db.query<ResultRow>(
    `${SELECT_RESULT}
     where ($1::text is null or dataset = $1) and ($2::text is null or metric = $2) and ($3::text is null or passed = ($3 = 'passed'))
       and ($4::bigint is null or id < $4)
     order by id desc limit $5`,
    [filter.dataset ?? null, filter.metric ?? null, filter.outcome ?? null, filter.before ?? null, filter.limit + 1],
  );
  const checks = rows.slice(0, filter.limit).map(toResult);
  return { checks, nextCursor: rows.length > filter.limit ? (checks.at(-1)?.id ?? null) : null };
}

/** Returns how a partition has passed each of its checks, those that it does not pass first. */
export async function resultsOf(
  db: Queryable,
  dataset: DatasetName,
  { date, hour }: Partition,
): Promise<CheckResult[]> {
  const { rows } = await db.query<ResultRow>(
    `${SELECT_RESULT} where dataset = $1 and partition_date = $2 and partition_hour = $3 order by passed, id`,
    [dataset, date, hour],
  );
  return rows.map(toResult);
}

type ResultRow = Omit<CheckResult, "judgedAt"> & { readonly judgedAt: Date };

const SELECT_RESULT = `
  select id, dataset, ${partitionNameSql("r")} as partition, check_key as "check", metric, property, unit, value, condition, learnt,
         passed, judged_at as "judgedAt"
  from ledger.check_results r`;

function toResult(row: ResultRow): CheckResult {
  return { ...row, judgedAt: row.judgedAt.toISOString() };
}
