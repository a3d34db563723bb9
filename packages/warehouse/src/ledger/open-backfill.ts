import type { BackfillPlan, BackfillSelection, PartitionState } from "@lethe/contracts/backfills";
import type { TableDeclaration } from "@lethe/contracts/data-map";
import type { DatasetName } from "@lethe/contracts/datasets";
import { parseRangeEnd } from "@lethe/contracts/partition";
import type { RunTrigger } from "@lethe/contracts/runs";
import { inTransaction, type Pool, type Queryable } from "../pool.js";
import { openRun } from "./open-run.js";
import { runIsActive } from "./states.js";

/** Which archived files are to be loaded again. */
export interface BackfillRequest {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly only?: BackfillSelection | undefined;
  /** Partitions are taken whole, and at least one is. */
  readonly maxFiles?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** Whether processed files are written anew that look whole. */
  readonly force?: boolean | undefined;
}

/** A dataset, as far as a backfill is concerned: its name and the tables that its rows are in. */
export interface BackfilledDataset {
  readonly name: DatasetName;
  readonly tables: readonly TableDeclaration[];
}

/** Opens a backfill in the ledger, with the files that it takes, and returns the run's id. Throws RunActiveError. */
export async function openBackfill(
  pool: Pool,
  dataset: BackfilledDataset,
  request: BackfillRequest & { readonly trigger: RunTrigger },
): Promise<string> {
  const { from, to, force, trigger } = request;
  return inTransaction(pool, async (client) => {
    const runId = await openRun(client, { job: dataset.name, kind: "backfill", trigger, from, to, force });
    await client.query(
      `${chosenFiles(dataset)}
       insert into ledger.backfill_files (run_id, position, file_id)
       select $7, row_number() over (order by date, hour, id), id
       from file join chosen using (date, hour) where chosen.is_taken`,
      [...parametersOf(dataset, request), runId],
    );
    return runId;
  });
}

/** Returns what a backfill would take. Changes nothing, and reads no file. */
export async function planBackfill(
  db: Queryable,
  dataset: BackfilledDataset,
  request: BackfillRequest,
): Promise<BackfillPlan> {
  const parameters = parametersOf(dataset, request);
  const { rows } = await db.query<Amount & { state: PartitionState; isWanted: boolean; isTaken: boolean }>(
    `${chosenFiles(dataset)}
     select p.state, p.is_wanted as "isWanted", coalesce(c.is_taken, false) as "isTaken",
            count(*) as partitions, sum(p.files)::bigint as files, sum(p.bytes)::bigint as bytes
     from partition p left join chosen c using (date, hour) group by 1, 2, 3`,
    parameters,
  );
  const { rows: others } = await db.query<{ notArchived: number; quarantined: number }>(
    `select count(*) filter (where state = 'done' and kept_path is null) as "notArchived",
            count(*) filter (where state = 'quarantined' and not ($4::text is not distinct from 'failed' and ${IS_TRIED_AGAIN})) as quarantined
     from ledger.files f where dataset = $1 and ${inRange("$2", "$3")}`,
    parameters.slice(0, 4),
  );
  const states = [...new Set(rows.map(({ state }) => state))].sort();
  return {
    job: dataset.name,
    takes: sumOf(rows.filter(({ isTaken }) => isTaken)),
    leaves: sumOf(rows.filter(({ isWanted, isTaken }) => isWanted && !isTaken)),
    byState: states.map((state) => ({ state, ...sumOf(rows.filter((row) => row.state === state)) })),
    notArchived: others[0]?.notArchived ?? 0,
    quarantined: others[0]?.quarantined ?? 0,
  };
}

interface Amount {
  readonly partitions: number;
  readonly files: number;
  readonly bytes: number;
}

function sumOf(amounts: readonly Amount[]): Amount {
  return amounts.reduce(
    (sum, { partitions, files, bytes }) => ({
      partitions: sum.partitions + partitions,
      files: sum.files + files,
      bytes: sum.bytes + bytes,
    }),
    { partitions: 0, files: 0, bytes: 0 },
  );
}

/**
 * Returns the beginning of a statement that chooses whole partitions, the earliest first. A row that an erasure has unlinked names
 * no file, so that of a file in which people are masked fewer rows than were loaded lack nothing, unless there is none.
 */
function chosenFiles({ tables }: BackfilledDataset): string {
  const rows = tables.flatMap(({ name, sourceFile }) =>
    sourceFile === undefined ? [] : [`select ${sourceFile} as file_id from ${name} where ${sourceFile} is not null`],
  );
  return `
  with there as (
    select file_id, count(*) as rows from (${rows.join(" union all ")}) as source group by file_id
  ), last_backfill as (
    select distinct on (t.file_id) t.file_id, t.run_id, t.outcome, r.state
    from ledger.backfill_files t join ledger.runs r on r.id = t.run_id
    where r.job = $1 order by t.file_id, r.requested_at desc
  ), file as (
    select f.id, f.partition_date as date, f.partition_hour as hour, f.bytes, f.records_loaded > 0 as has_rows,
           f.records_loaded > 0 and coalesce(t.rows, 0) < f.records_loaded and not (f.masked and t.rows > 0) as lacks_rows,
           f.records_loaded > 0 and t.rows is null as lacks_all,
           f.state = 'quarantined' or l.file_id is not null and not (${runIsActive("l.state")})
             and (l.outcome is distinct from 'staged'
                  or exists (select from ledger.batch_segments s join ledger.batches b on b.id = s.batch_id
                             where s.file_id = f.id and b.run_id = l.run_id and b.state <> 'loaded')) as has_failed
    from ledger.files f
    left join there t on t.file_id = f.id
    left join last_backfill l on l.file_id = f.id
    where f.dataset = $1 and f.kept_path is not null and ${inRange("$2", "$3")}
      and (f.state = 'done' or $4 = 'failed' and ${IS_TRIED_AGAIN})
  ), partition as (
    select *, case $4::text when 'missing' then state = 'missing' or lacks_rows when 'failed' then state = 'failed' else true end
                as is_wanted
    from (select date, hour, count(*) as files, sum(bytes) as bytes, bool_or(lacks_rows) as lacks_rows,
                 case when bool_or(has_failed) then 'failed'
                      when bool_or(has_rows) and bool_and(lacks_all or not has_rows) then 'missing'
                      when bool_or(lacks_rows) then 'incomplete'
                      else 'loaded' end as state
          from file group by date, hour) as p
  ), chosen as (
    select date, hour, nth = 1 or (files_before + files <= coalesce($5::bigint, files_before + files)
                                   and bytes_before + bytes <= coalesce($6::bigint, bytes_before + bytes)) as is_taken
    from (select date, hour, files, bytes, row_number() over w as nth,
                 sum(files) over w - files as files_before, sum(bytes) over w - bytes as bytes_before
          from partition where is_wanted window w as (order by date, hour)) as ordered
  )`;
}

/**
 * SQL condition: file `f` stands in quarantine whole, as it came, so that a backfill of what has failed tries to read it again. In one
 * that an erasure has changed, or that is sealed, there is nothing new to be read.
 */
const IS_TRIED_AGAIN = `(f.state = 'quarantined' and not f.masked
  and not exists (select from privacy.file_keys k where k.file_id = f.id))`;

function inRange(from: string, to: string): string {
  const hour = "to_char(partition_date, 'YYYY-MM-DD') || 'T' || lpad(partition_hour::text, 2, '0')";
  return `(${from}::text is null or ${hour} >= ${from}) and (${to}::text is null or ${hour} <= ${to})`;
}

function parametersOf({ name }: BackfilledDataset, { from, to, only, maxFiles, maxBytes }: BackfillRequest) {
  return [name, hourOf(from, "from"), hourOf(to, "to"), only ?? null, maxFiles ?? null, maxBytes ?? null];
}

/** Returns an end of the range as `YYYY-MM-DDTHH`, which sorts by time. */
function hourOf(text: string | undefined, end: "from" | "to"): string | null {
  const partition = text === undefined ? undefined : parseRangeEnd(text, end);
  return partition === undefined ? null : `${partition.date}T${String(partition.hour).padStart(2, "0")}`;
}
