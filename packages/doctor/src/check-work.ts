import type { Finding } from "@lethe/contracts/diagnosis";
import { RUN_SERVICES, SERVICE_NAMES } from "@lethe/contracts/services";
import { type QueuedJob, readQueuedWork } from "@lethe/service-kit/queued-work";
import { type ActiveRun, readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { readKnownRuns } from "@lethe/warehouse/ledger/known-runs";
import { readEnabledSchedules } from "@lethe/warehouse/ledger/schedules";
import { readServerHealth } from "@lethe/warehouse/server-health";
import { type Check, defineCheck } from "./check.js";

const MOST_JOBS = 2_000;
const MOST_NAMED = 5;

/** Whether services are there, and whether queues and ledger agree on what is to be done. */
export const WORK_CHECKS: readonly Check[] = [
  defineCheck({
    name: "services",
    question: "Is one of each service at work?",
    needs: ["ledger"],
    async find({ ledger }) {
      const { services } = await readServerHealth(ledger);
      const missing = SERVICE_NAMES.filter((name) => !services.includes(name));
      if (missing.length === 0) return [];
      const isOpen = (await readActiveRuns(ledger)).length > 0;
      const keepsWorkWaiting = isOpen && missing.some((name) => (RUN_SERVICES as readonly string[]).includes(name));
      return [
        {
          severity: keepsWorkWaiting ? "error" : "warning",
          code: "service_missing",
          where: missing.join(", "),
          what:
            missing.length === SERVICE_NAMES.length
              ? `no service is connected to the database${isOpen ? ", and runs wait for them" : ""}`
              : `no such service is connected to the database${keepsWorkWaiting ? ", and runs wait for it" : ""}`,
          remedy: "start it (`npm start`, or the service itself), and see its log if it ends",
        },
      ];
    },
  }),
  defineCheck({
    name: "queues and ledger",
    question: "Do the queues hold the jobs of what the ledger has open, and no others?",
    needs: ["ledger", "redis", "queues"],
    async find({ ledger, redis, queues }) {
      // The queues first: what is enqueued in between belongs to a run that the ledger knows by then.
      const { jobs, areAll } = await readQueuedWork(redis, queues, MOST_JOBS);
      const known = await readKnownRuns(ledger, [...new Set(jobs.flatMap(({ runId }) => runId ?? []))]);
      return agreementFindings(jobs, areAll, await readActiveRuns(ledger), known);
    },
  }),
  defineCheck({
    name: "schedules",
    question: "Is each schedule that the ledger has switched on set in the queue?",
    needs: ["ledger", "queues"],
    async find({ ledger, queues }, { schedulesOn }) {
      if (!schedulesOn) return [];
      const enabled = await readEnabledSchedules(ledger);
      const set = await Promise.all(enabled.map((job) => queues.byJob.trigger.getJobScheduler(job)));
      const missing = enabled.filter((_job, i) => set[i] === undefined);
      if (missing.length === 0) return [];
      return [
        {
          severity: "warning",
          code: "schedule_missing",
          where: missing.join(", "),
          what: "the ledger has these schedules switched on, and the queue does not know them, so they do not fire",
          remedy:
            "start the scheduler with LETHE_SCHEDULES=on; it sets them at its start and every LETHE_UPKEEP_SECONDS",
        },
      ];
    },
  }),
];

/** Returns where the queues' jobs and the ledger's runs do not fit together. `known` says of runs whether they are active. */
export function agreementFindings(
  jobs: readonly QueuedJob[],
  areAll: boolean,
  runs: readonly Pick<ActiveRun, "runId" | "batchIds">[],
  known: ReadonlyMap<string, boolean>,
): Finding[] {
  const ofRuns = new Set(jobs.map(({ runId }) => runId));
  const ofBatches = new Set(jobs.map(({ batchId }) => batchId));
  // Where not all jobs were read, one that was not seen proves nothing.
  const without = areAll ? runs.filter(({ runId }) => !ofRuns.has(runId)) : [];
  const batches = areAll ? runs.flatMap(({ batchIds }) => batchIds.filter((id) => !ofBatches.has(id))) : [];
  const strangers = jobs.filter(({ runId }) => runId !== undefined && !known.has(runId));
  // A closed run's finish cleans up after it.
  const late = jobs.filter(
    ({ runId, queue }) => runId !== undefined && known.get(runId) === false && queue !== "finish",
  );
  const abandoned = jobs.filter(({ isAbandoned }) => isAbandoned);
  return [
    ...about(
      "run_without_job",
      without.map(({ runId }) => runId),
      "runs are open in the ledger, and no job works on them",
      ENQUEUED,
    ),
    ...about("batch_without_job", batches, "batches are open in the ledger, and no job works on them", ENQUEUED),
    ...about(
      "job_of_unknown_run",
      strangers.map(({ queue, id }) => `${queue} ${id}`),
      "jobs are about runs that the ledger does not know",
      "see whether DATABASE_URL and REDIS_URL belong to one installation; jobs of a database that is gone end by themselves",
    ),
    ...about(
      "job_of_closed_run",
      late.map(({ queue, id }) => `${queue} ${id}`),
      "jobs are about runs that are closed",
      "nothing: they end without doing anything; if they stay, see that the services run",
    ),
    ...about(
      "job_stuck",
      abandoned.map(({ queue, id }) => `${queue} ${id}`),
      "jobs count as being worked on, and no worker holds them",
      "nothing if a service of theirs runs: another worker takes them within two LETHE_LOCK_SECONDS; otherwise start one",
    ),
  ];
}

const ENQUEUED = "see that a scheduler runs: it enqueues them again every LETHE_UPKEEP_SECONDS";

function about(code: string, things: readonly string[], what: string, remedy: string): Finding[] {
  if (things.length === 0) return [];
  const more = things.length - MOST_NAMED;
  const where = things.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return [{ severity: "warning", code, where, what: `${what} (${things.length})`, remedy }];
}
