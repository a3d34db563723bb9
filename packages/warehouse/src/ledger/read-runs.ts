import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError } from "@lethe/contracts/errors";
import type { Run, RunDetail, RunKind, RunState, RunTrigger } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import { requireCursor } from "./known-references.js";
import { readUnnamedNotices } from "./notices.js";
import { readRecordWarnings } from "./record-warnings.js";
import { readSchemaChanges } from "./schema-changes.js";
import { EACH_JOB, runIsActive } from "./states.js";

export interface RunFilter {
  readonly job?: DatasetName | undefined;
  readonly kind?: RunKind | undefined;
  readonly trigger?: RunTrigger | undefined;
  /** In one of these states. */
  readonly state?: readonly RunState[] | undefined;
  /** Whether it is active. */
  readonly open?: boolean | undefined;
  /** Requested at this instant or later, and before that one. */
  readonly requestedFrom?: string | undefined;
  readonly requestedTo?: string | undefined;
  /** What its id begins with: at least four hexadecimal digits (`RUN_ID_START`). */
  readonly id?: string | undefined;
  /** The cursor of the previous page: only runs older than that one. */
  readonly before?: string | undefined;
  /** The most runs on a page. */
  readonly limit: number;
}

export interface RunPage {
  readonly runs: Run[];
  /** Pass it as `before` for the next page; null on the last page. */
  readonly nextCursor: string | null;
}

/** Returns one page of runs, newest first. The cursor is a run's id; throws InvalidInputError for an unknown one. */
export async function listRuns(db: Queryable, filter: RunFilter): Promise<RunPage> {
  const { rows } = await db.query<RunRow>(listStatement(filter));
  if (rows.length === 0 && filter.before !== undefined) {
    await requireCursor(db, filter.before, "exists (select from ledger.runs where id = $1)");
  }
  const runs = rows.slice(0, filter.limit).map(toRun);
  return { runs, nextCursor: rows.length > filter.limit ? (runs.at(-1)?.id ?? null) : null };
}

/** Returns the statement of a page: what is not asked for does not stand in it, so that an index of what is can be used. */
function listStatement({ limit, ...filter }: RunFilter) {
  const values: unknown[] = [limit + 1];
  const asked = conditionsOf(filter).filter(({ value }) => value !== undefined);
  const conditions = asked.map(({ sql, value }) => sql(`$${values.push(value)}`));
  return {
    name: `list runs ${asked.map(({ name }) => name).join("")}`,
    text: `${SELECT_RUN}
      ${conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`}
      order by r.requested_at desc, r.id desc
      limit $1`,
    values,
  };
}

interface Condition {
  /** Of one letter: a statement that is prepared has a short name. */
  readonly name: string;
  readonly sql: (parameter: string) => string;
  readonly value: unknown;
}

function conditionsOf(filter: Omit<RunFilter, "limit">): Condition[] {
  const { job, kind, trigger, state, open, requestedFrom, requestedTo, id, before } = filter;
  const [firstId, lastId] = id === undefined ? [] : idsFrom(id);
  return [
    { name: "j", sql: (it) => `r.job = ${it}`, value: job },
    { name: "k", sql: (it) => `r.kind = ${it}`, value: kind },
    { name: "t", sql: (it) => `r.trigger = ${it}`, value: trigger },
    { name: "s", sql: (it) => `r.state = any (${it})`, value: state },
    { name: "o", sql: (it) => `(${runIsActive("r.state")}) = ${it}`, value: open },
    { name: "f", sql: (it) => `r.requested_at >= ${it}`, value: requestedFrom },
    { name: "u", sql: (it) => `r.requested_at < ${it}`, value: requestedTo },
    { name: "i", sql: (it) => `r.id >= ${it}`, value: firstId },
    { name: "l", sql: (it) => `r.id <= ${it}`, value: lastId },
    {
      name: "b",
      sql: (it) => `(r.requested_at, r.id) < (select requested_at, id from ledger.runs where id = ${it})`,
      value: before,
    },
  ];
}

/** Returns the first and the last id that begin with a text, so that they are found by index. */
function idsFrom(start: string): [string, string] {
  const digits = start.replaceAll("-", "").toLowerCase();
  const [first, last] = ["0", "f"].map((rest) => digits.padEnd(32, rest));
  return [`${first}`, `${last}`];
}

/** More than what a run names of landing, and its empty files besides. */
const MOST_NOTICES = 20_000;

/**
 * Returns a run with its notices (the first of them, where so many are not wanted), failed batches and schema changes.
 * Throws NotFoundError.
 */
export async function readRun(db: Queryable, runId: string, maxNotices = MOST_NOTICES): Promise<RunDetail> {
  const { rows } = await db.query<RunRow>({ ...READ_RUN, values: [runId] });
  const row = rows[0];
  if (row === undefined) throw new NotFoundError(`there is no run ${runId}`);
  const notices = await db.query<RunDetail["notices"][number]>(
    "select code, path, message from ledger.notices where run_id = $1 order by id limit $2",
    [runId, maxNotices],
  );
  const failures = await db.query<RunDetail["failures"][number]>(
    `select id as "batchId", coalesce(error_code, 'unknown') as code, coalesce(error_message, '') as message
     from ledger.batches where run_id = $1 and state = 'failed' order by number limit 1000`,
    [runId],
  );
  const schemaChanges = (await readSchemaChanges(db, [runId])).get(runId) ?? [];
  const warnings = await readRecordWarnings(db, runId);
  const unnamed = await readUnnamedNotices(db, runId);
  return { ...toRun(row), notices: [...notices.rows, ...unnamed, ...warnings], failures: failures.rows, schemaChanges };
}

/** Returns the newest run over files of each job, by job. A job that never ran is absent. */
export async function readLastRuns(db: Queryable): Promise<Map<DatasetName, Run>> {
  const { rows } = await db.query<RunRow>(READ_LAST_RUNS);
  return new Map(rows.map((row) => [row.job, toRun(row)]));
}

/** Returns the id of the active run over files of each job, by job. A job without one is absent. */
export async function readActiveRunIds(db: Queryable): Promise<Map<DatasetName, string>> {
  const { rows } = await db.query<{ job: DatasetName; id: string }>(
    `select job, id from ledger.runs
     where kind = 'files' and ${runIsActive()}`,
  );
  return new Map(rows.map((row) => [row.job, row.id]));
}

const SELECT_RUN = `
  select r.id, r.job, r.kind, r.trigger, r.state, r.range_from, r.range_to, r.force, r.requested_at, r.started_at,
         r.finished_at, r.extract_ms, r.finish_ms, r.already_loaded, r.not_taken, r.error_code, r.error_message, r.warnings,
         f.*, b.*, coalesce(reasons.counts, '{}') as rejected_by_reason
  from ledger.runs r
  cross join lateral (
    select count(*) as files_taken,
           count(*) filter (where is_done) as files_done,
           count(*) filter (where is_quarantined) as files_quarantined,
           coalesce(sum(bytes), 0)::bigint as file_bytes
    from (select bytes, state = 'done' as is_done, state = 'quarantined' as is_quarantined
          from ledger.files where run_id = r.id
          union all
          select f.bytes, t.outcome is not distinct from 'staged', false
          from ledger.backfill_files t join ledger.files f on f.id = t.file_id where t.run_id = r.id) as file
  ) f
  cross join lateral (
    select count(*) as batches_total,
           count(*) filter (where state = 'loaded') as batches_done,
           count(*) filter (where state = 'failed') as batches_failed,
           coalesce(sum(records_in), 0)::bigint as records_in,
           coalesce(sum(records_loaded), 0)::bigint as records_loaded,
           coalesce(sum(records_rejected), 0)::bigint as records_rejected,
           coalesce(sum(bytes), 0)::bigint as batch_bytes,
           coalesce(sum(transform_ms), 0)::bigint as transform_ms,
           coalesce(sum(load_ms), 0)::bigint as load_ms
    from ledger.batches where run_id = r.id
  ) b
  left join lateral (
    select jsonb_object_agg(reason, n) as counts
    from (select reason, sum(n::bigint) as n
          from ledger.batches, jsonb_each_text(rejected_by_reason) as each (reason, n)
          where run_id = r.id group by reason) as by_reason
  ) reasons on true`;

// These are polled while a run is active, and planning them costs more than running them: a connection prepares a named
// statement once. They name their columns, so that a column which a later version adds does not invalidate them.
const READ_RUN = { name: "read run", text: `${SELECT_RUN} where r.id = $1` };
const READ_LAST_RUNS = {
  name: "read last runs",
  text: `${SELECT_RUN}
    where r.id in (${EACH_JOB}
                   select last.id from job cross join lateral (
                     select n.id from ledger.runs n where n.job = job.name and n.kind = 'files' and n.state <> 'skipped'
                     order by n.requested_at desc, n.id desc limit 1) as last)`,
};

interface RunRow {
  id: string;
  job: DatasetName;
  kind: Run["kind"];
  trigger: Run["trigger"];
  state: RunState;
  range_from: string | null;
  range_to: string | null;
  force: boolean;
  requested_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  extract_ms: number;
  finish_ms: number;
  already_loaded: number;
  not_taken: number;
  error_code: string | null;
  error_message: string | null;
  warnings: Run["warnings"];
  files_taken: number;
  files_done: number;
  files_quarantined: number;
  file_bytes: number;
  batches_total: number;
  batches_done: number;
  batches_failed: number;
  records_in: number;
  records_loaded: number;
  records_rejected: number;
  rejected_by_reason: Record<string, number>;
  batch_bytes: number;
  transform_ms: number;
  load_ms: number;
}

function toRun(row: RunRow): Run {
  const end = row.finished_at ?? new Date();
  return {
    id: row.id,
    job: row.job,
    kind: row.kind,
    trigger: row.trigger,
    state: row.state,
    from: row.range_from,
    to: row.range_to,
    force: row.force,
    requestedAt: row.requested_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    files: {
      taken: row.files_taken,
      done: row.files_done,
      alreadyLoaded: row.already_loaded,
      quarantined: row.files_quarantined,
    },
    notTaken: row.not_taken,
    batches: { total: row.batches_total, done: row.batches_done, failed: row.batches_failed },
    records: {
      in: row.records_in,
      loaded: row.records_loaded,
      rejected: row.records_rejected,
      rejectedByReason: row.rejected_by_reason,
    },
    bytes: { files: row.file_bytes, batches: row.batch_bytes },
    durationsMs: {
      total: Math.max(0, end.getTime() - row.requested_at.getTime()),
      extract: row.extract_ms,
      transform: row.transform_ms,
      load: row.load_ms,
      finish: row.finish_ms,
    },
    warnings: row.warnings,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  };
}
