import type { JobPayload } from "@lethe/contracts/jobs";
import { problemOfSchedule, type ScheduleRules } from "@lethe/service-kit/cron/check-schedule";
import { JOB_OPTIONS } from "@lethe/service-kit/queues";
import { type DefaultSchedule, readSchedules, type StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import type { JobSchedulerJson, Queue } from "bullmq";
import { forEachJob } from "./for-each-job.js";
import { nextJobId } from "./tick-ids.js";

// BullMQ types a scheduler's id as a name of the queue's jobs, which it is not: names are left open here.
type TriggerQueue = Queue<JobPayload<"trigger">>;

/** What was done about the schedules. */
export interface AssertedSchedules {
  /** The jobs whose scheduler was set or removed. */
  readonly changed: readonly string[];
  /** Why each of these jobs has no scheduler though its schedule is on. */
  readonly refused: ReadonlyMap<string, string>;
}

/**
 * Sets the job schedulers of the `trigger` queue as the ledger's schedules say, and changes only what is missing or differs.
 * May run at any time and in several processes.
 *
 * This runs again and again, because BullMQ keeps its schedulers in Redis: a flush removes them, and after a restart or
 * reconnection one may have no next job and never fire again (BullMQ's issues 3272, 2151, 3202). A next job without its
 * scheduler, in turn, keeps BullMQ from setting the scheduler: that job fires, and the round after it succeeds. A scheduler
 * that cannot be set does not keep the others from being set; its error is thrown at the end. A schedule that is not allowed, which
 * the API refuses but the ledger may hold, is not set.
 */
export async function assertSchedules(
  db: Queryable,
  datasets: readonly DefaultSchedule[],
  queue: TriggerQueue,
  rules: Pick<ScheduleRules, "subMinute">,
): Promise<AssertedSchedules> {
  for (;;) {
    const schedules = await readSchedules(db, datasets);
    const asserted = await assertAll(queue, schedules, rules);
    // A change in between may have been applied by its own caller and then undone by what was read before it.
    if (versions(await readSchedules(db, datasets)) === versions(schedules)) return asserted;
  }
}

async function assertAll(
  queue: TriggerQueue,
  schedules: readonly StoredSchedule[],
  rules: Pick<ScheduleRules, "subMinute">,
): Promise<AssertedSchedules> {
  const changed: string[] = [];
  const refused = new Map<string, string>();
  const known = new Set<string>(schedules.map(({ job }) => job));
  for (const { key } of await queue.getJobSchedulers()) {
    if (!known.has(key) && (await queue.removeJobScheduler(key))) changed.push(key);
  }
  await forEachJob(schedules, async (schedule) => {
    const problem = schedule.enabled ? problemOfSchedule(schedule, rules) : undefined;
    if (problem !== undefined) refused.set(schedule.job, problem);
    const fires = schedule.enabled && problem === undefined;
    if (fires ? await setIfNeeded(queue, schedule) : await queue.removeJobScheduler(schedule.job)) {
      changed.push(schedule.job);
    }
  });
  return { changed, refused };
}

async function setIfNeeded(queue: TriggerQueue, { job, cron, timezone }: StoredSchedule): Promise<boolean> {
  const scheduler = await queue.getJobScheduler(job);
  const isSame = scheduler?.pattern === cron && scheduler.tz === timezone;
  if (isSame && (await hasNextJob(queue, job, scheduler))) return false;
  // The remains of a scheduler that stopped would keep the new one's next job from being added.
  if (isSame) await queue.removeJobScheduler(job);
  await queue.upsertJobScheduler(
    job,
    { pattern: cron, tz: timezone },
    { name: "trigger", data: { job }, opts: JOB_OPTIONS },
  );
  return true;
}

/** Reports whether a scheduler's next job is queued, or active and about to be followed by another. */
async function hasNextJob(queue: TriggerQueue, id: string, scheduler: JobSchedulerJson): Promise<boolean> {
  if (await willRun(queue, id, scheduler.next)) return true;
  // Between the two queries the job may have run and the scheduler moved on.
  const later = await queue.getJobScheduler(id);
  return later?.next !== scheduler.next && (await willRun(queue, id, later?.next));
}

async function willRun(queue: TriggerQueue, id: string, next: number | undefined): Promise<boolean> {
  if (next === undefined) return false;
  const state = await queue.getJobState(nextJobId(id, next));
  return state === "delayed" || state === "waiting" || state === "active";
}

function versions(schedules: readonly StoredSchedule[]): string {
  return schedules.map(({ job, updatedAt }) => `${job} ${updatedAt.getTime()}`).join();
}
