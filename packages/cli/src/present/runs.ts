import { formatCount } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import { printable } from "@lethe/contracts/printable";
import {
  hasSucceeded,
  isNotTaken,
  isThreshold,
  NOTICE_CODES,
  type Notice,
  type Run,
  type RunDetail,
} from "@lethe/contracts/runs";
import type { SchemaChange } from "@lethe/contracts/schema-changes";
import type { Cell } from "./csv.js";
import { formatFields } from "./fields.js";
import { type Column, formatDuration, formatReasons, formatTable } from "./table.js";

const COLUMNS: readonly Column[] = [
  { title: "job" },
  { title: "state" },
  { title: "files taken", align: "right" },
  { title: "already loaded", align: "right" },
  { title: "quarantined", align: "right" },
  { title: "records in", align: "right" },
  { title: "loaded", align: "right" },
  { title: "rejected", align: "right" },
  { title: "time", align: "right" },
];

/**
 * Formats the results of runs: a table with a row for each run, then what a person should know about them: reasons of
 * rejects, jobs that found nothing new, errors, fields that were new or missing, and the files that notices are
 * about.
 */
export function formatRuns(runs: readonly RunDetail[]): string {
  const remarks = runs.flatMap(remarksOn);
  const notices = formatNotices(runs.flatMap((run) => run.notices));
  const changes = formatSchemaChanges(runs.map((run) => ({ run: nameRun(run), schemaChanges: run.schemaChanges })));
  return [formatTable(COLUMNS, runs.map(toRow)), remarks.join("\n"), changes, notices]
    .filter((part) => part !== "")
    .join("\n\n");
}

export const RUN_TITLES = [
  "id",
  "job",
  "kind",
  "trigger",
  "state",
  "requestedAt",
  "finishedAt",
  "durationMs",
  "filesTaken",
  "recordsIn",
  "recordsLoaded",
  "recordsRejected",
  "errorCode",
] as const;

/** Returns a run's cells under `RUN_TITLES`. */
export function runCells(run: Run): Cell[] {
  const { id, job, kind, trigger, state, requestedAt, finishedAt, durationsMs, files, records, error } = run;
  return [
    ...[id, job, kind, trigger, state, requestedAt, finishedAt],
    ...[durationsMs.total, files.taken, records.in, records.loaded, records.rejected],
    error?.code ?? null,
  ];
}

/** Formats a page of runs as a table, a row for each. */
export function formatRunList(runs: readonly Run[]): string {
  return formatTable(
    [
      { title: "id" },
      { title: "job" },
      { title: "state" },
      { title: "requested" },
      { title: "time", align: "right" },
      { title: "records in", align: "right" },
      { title: "loaded", align: "right" },
      { title: "rejected", align: "right" },
    ],
    runs.map((run) => [
      run.id,
      nameRun(run),
      run.state,
      formatTime(run.requestedAt),
      formatDuration(run.durationsMs.total),
      formatCount(run.records.in),
      formatCount(run.records.loaded),
      formatCount(run.records.rejected),
    ]),
  );
}

/** Formats one run: what it was asked to do and when, then what came of it as `formatRuns` has it. */
export function formatRunDetail(run: RunDetail): string {
  const time = (timestamp: string | null) => (timestamp === null ? "not yet" : formatTime(timestamp));
  const fields = formatFields([
    ["run", run.id],
    ["asked for by", run.trigger],
    [
      "partitions",
      run.from === null && run.to === null ? "all" : `${run.from ?? "the first"} to ${run.to ?? "the last"}`,
    ],
    ["requested", time(run.requestedAt)],
    ["started", time(run.startedAt)],
    ["finished", time(run.finishedAt)],
    ["batches", formatBatches(run)],
  ]);
  return `${fields}\n\n${formatRuns([run])}`;
}

function formatBatches({ batches }: Run): string {
  const failed = batches.failed === 0 ? "" : `, ${formatCount(batches.failed)} failed`;
  return `${formatCount(batches.done)} of ${formatCount(batches.total)} done${failed}`;
}

/**
 * Returns a run's name: its job, followed by `(replay)` or `(backfill)` for those, and `(scheduled)` for any other run that the
 * schedule opened.
 */
export function nameRun(run: Pick<Run, "job" | "kind" | "trigger">): string {
  if (run.kind !== "files") return `${run.job} (${run.kind})`;
  return run.trigger === "schedule" ? `${run.job} (scheduled)` : run.job;
}

/** Returns the run without what only its own page shows, but with its schema changes. */
export function withoutDetails(detail: RunDetail): Run & Pick<RunDetail, "schemaChanges"> {
  const { notices: _notices, failures: _failures, ...run } = detail;
  return run;
}

function toRow(run: Run): string[] {
  return [
    nameRun(run),
    run.state,
    formatCount(run.files.taken),
    formatCount(run.files.alreadyLoaded),
    formatCount(run.files.quarantined),
    formatCount(run.records.in),
    formatCount(run.records.loaded),
    formatCount(run.records.rejected),
    formatDuration(run.durationsMs.total),
  ];
}

function remarksOn(run: RunDetail): string[] {
  const remarks: string[] = [];
  if (run.records.rejected > 0) remarks.push(`rejected ${formatReasons(run.records.rejectedByReason)}`);
  if (hasSucceeded(run.state) && run.kind === "files" && run.files.taken === 0) {
    const known = run.files.alreadyLoaded;
    remarks.push(known === 0 ? "no files found" : `nothing new: ${describeKnown(known)} loaded before`);
  }
  if (run.notTaken > 0) remarks.push(`${describeNotTaken(run.notTaken)}; all of them: lethe notices ${run.id}`);
  for (const { code, message } of run.warnings) remarks.push(`warning: ${message} (${code})`);
  if (run.error !== null) remarks.push(`${run.state}: ${run.error.message} (${run.error.code})`);
  const failures = new Set(run.failures.map((failure) => `a batch failed: ${failure.message} (${failure.code})`));
  remarks.push(...failures);
  if (run.state === "failed" && !isThreshold(run.error?.code ?? "")) {
    remarks.push(`retry what failed with lethe runs retry ${run.id}`);
  }
  return remarks.map((remark) => `${nameRun(run)}: ${remark}`);
}

/** Returns how much of landing was not taken, in words. */
export function describeNotTaken(entries: number): string {
  return entries === 1
    ? "1 entry of landing was not taken"
    : `${formatCount(entries)} entries of landing were not taken`;
}

function describeKnown(files: number): string {
  return files === 1 ? "the one file was" : `all ${formatCount(files)} files were`;
}

/**
 * Formats which fields were new or missing in runs, in how many records and where first. Returns an empty text if
 * there are no such fields.
 */
export function formatSchemaChanges(
  runs: readonly { readonly run: string; readonly schemaChanges: readonly SchemaChange[] }[],
): string {
  const lines = runs.flatMap(({ run, schemaChanges }) =>
    schemaChanges.map(({ change, field, records, firstFile, firstLine }) => {
      const count = records === 1 ? "1 record" : `${formatCount(records)} records`;
      return `  ${run}: ${change} ${field} in ${count}, first ${printable(firstFile)}:${firstLine}`;
    }),
  );
  return lines.length === 0 ? "" : ["fields that differ from the contract", ...lines].join("\n");
}

const MAX_PATHS = 10;

/** Of what was not taken, a person needs each name: the command's output may be all that is left of the run. */
const MAX_NOT_TAKEN = 1_000;

/** Formats the notices of runs about files, grouped by kind, with each file listed once. */
export function formatNotices(notices: readonly Notice[]): string {
  const pathsByCode = new Map<string, Map<string, string>>();
  for (const notice of notices) {
    const paths = pathsByCode.get(notice.code) ?? new Map<string, string>();
    pathsByCode.set(notice.code, paths.set(notice.path, detailOf(notice)));
  }
  return [...pathsByCode]
    .map(([code, paths]) => {
      const most = isNotTaken(code) ? MAX_NOT_TAKEN : MAX_PATHS;
      const shown = [...paths].slice(0, most).map(([path, detail]) => `  ${printable(path)}${detail}`);
      if (paths.size > most) shown.push(`  and ${formatCount(paths.size - most)} more: lethe notices`);
      return [`${describeCode(code)} (${code}, ${formatCount(paths.size)})`, ...shown].join("\n");
    })
    .join("\n");
}

function describeCode(code: string): string {
  return Object.entries(NOTICE_CODES).find(([known]) => known === code)?.[1] ?? code;
}

// A notice's text is its code's text and, where there is more to say, a detail after it.
function detailOf(notice: Notice): string {
  const text = describeCode(notice.code);
  const detail = notice.message.startsWith(text) ? notice.message.slice(text.length).trim() : notice.message;
  return detail === "" ? "" : `: ${printable(detail)}`;
}

/** Formats the progress of a run in one line: `transactions: processing, 3 of 12 batches, 4,096 records`. */
export function formatProgress(run: Run): string {
  const { batches, records } = run;
  if (batches.total === 0) return `${nameRun(run)}: ${run.state}`;
  const done = `${formatCount(batches.done)} of ${formatCount(batches.total)} batches`;
  return `${nameRun(run)}: ${run.state}, ${done}, ${formatCount(records.in)} records`;
}
