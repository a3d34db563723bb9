import type { DatasetName } from "@lethe/contracts/datasets";
import type { Erasure } from "@lethe/contracts/erasures";
import { formatCount, formatDays } from "@lethe/contracts/format-number";
import { formatDay, formatTime } from "@lethe/contracts/format-time";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import type { Request } from "@lethe/contracts/requests";
import type { Run } from "@lethe/contracts/runs";
import type { SchemaChange } from "@lethe/contracts/schema-changes";
import type { Cell } from "./csv.js";
import { describeNotTaken, formatProgress, formatSchemaChanges } from "./runs.js";
import { formatDuration, formatReasons, formatTable } from "./table.js";

/** A job as `lethe status` shows it; with `--json` it is printed as it is. */
export interface JobStatus {
  readonly job: DatasetName;
  /** The newest run over files, open or closed. */
  readonly lastRun: Run | null;
  /** Of the last run. */
  readonly schemaChanges: readonly SchemaChange[];
  /** Open runs: over files, and a replay. */
  readonly activeRuns: readonly Run[];
  readonly openQuarantine: RejectCounts;
  /** Of the job that erases: those that are not completed, the oldest first. */
  readonly pendingErasures?: readonly Erasure[];
  /** Of that job: the requests that are not answered, in whatever state, the oldest first. */
  readonly openRequests?: readonly Request[];
}

/**
 * Formats the state of the jobs: a table of last runs, then active runs, the last runs' schema changes, what
 * they left in landing, open requests, and what waits in quarantine.
 */
export function formatStatus(jobs: readonly JobStatus[]): string {
  const table = formatTable(
    [
      { title: "job" },
      { title: "last run" },
      { title: "state" },
      { title: "took", align: "right" },
      { title: "files", align: "right" },
      { title: "records in", align: "right" },
      { title: "loaded", align: "right" },
      { title: "rejected", align: "right" },
    ],
    jobs.map(({ job, lastRun }) => [job, ...(lastRun === null ? ["never"] : describeRun(lastRun))]),
  );
  const active = jobs.flatMap((job) => job.activeRuns.map((run) => `  ${formatProgress(run)} (${run.id})`));
  const quarantine = jobs
    .filter((job) => Object.keys(job.openQuarantine).length > 0)
    .map((job) => `  ${job.job}: ${formatReasons(job.openQuarantine)}`);
  const changes = formatSchemaChanges(jobs.map(({ job, schemaChanges }) => ({ run: job, schemaChanges })));
  const notTaken = jobs
    .filter(({ lastRun }) => lastRun !== null && lastRun.notTaken > 0)
    .map(({ job, lastRun }) => `  ${job}: ${describeNotTaken(lastRun?.notTaken ?? 0)}`);
  const requests = jobs.flatMap((job) => job.openRequests ?? []);
  return [
    table,
    active.length === 0 ? "no run is active" : ["active runs", ...active].join("\n"),
    ...(changes === "" ? [] : [changes]),
    ...(notTaken.length === 0
      ? []
      : [["left in landing by the last runs; `lethe notices` lists it", ...notTaken].join("\n")]),
    ...(requests.length === 0 ? [] : [["open requests, the oldest first", ...describeRequests(requests)].join("\n")]),
    quarantine.length === 0 ? "no record waits in quarantine" : ["open in quarantine", ...quarantine].join("\n"),
  ].join("\n\n");
}

export const STATUS_TITLES = [
  "job",
  "lastRunId",
  "state",
  "requestedAt",
  "durationMs",
  "filesTaken",
  "recordsIn",
  "recordsLoaded",
  "recordsRejected",
  "activeRuns",
  "openQuarantine",
  "pendingErasures",
  "openRequests",
  "notTaken",
] as const;

/** Returns a job's cells under `STATUS_TITLES`; those of its last run are empty where it never ran. */
export function statusCells({
  job,
  lastRun,
  activeRuns,
  openQuarantine,
  pendingErasures,
  openRequests,
}: JobStatus): Cell[] {
  return [
    job,
    lastRun?.id ?? null,
    lastRun?.state ?? null,
    lastRun?.requestedAt ?? null,
    lastRun?.durationsMs.total ?? null,
    lastRun?.files.taken ?? null,
    lastRun?.records.in ?? null,
    lastRun?.records.loaded ?? null,
    lastRun?.records.rejected ?? null,
    activeRuns.length,
    Object.values(openQuarantine).reduce((sum, records) => sum + records, 0),
    pendingErasures?.length ?? null,
    openRequests?.length ?? null,
    lastRun?.notTaken ?? null,
  ];
}

const MAX_REQUESTS = 10;

function describeRequests(requests: readonly Request[]): string[] {
  const lines = requests.slice(0, MAX_REQUESTS).map(({ id, state, daysOpen, daysLeft, due }) => {
    const left =
      daysLeft === null ? "" : daysLeft < 0 ? `, ${formatDays(-daysLeft)} late` : `, ${formatDays(daysLeft)} left`;
    return `  ${id} (${state}): ${formatDays(daysOpen)} days open, due ${formatDay(due)}${left}`;
  });
  const more = requests.length - lines.length;
  return more > 0 ? [...lines, `  and ${formatCount(more)} more`] : lines;
}

function describeRun(run: Run): string[] {
  return [
    formatTime(run.requestedAt),
    run.state,
    formatDuration(run.durationsMs.total),
    formatCount(run.files.taken),
    formatCount(run.records.in),
    formatCount(run.records.loaded),
    formatCount(run.records.rejected),
  ];
}
