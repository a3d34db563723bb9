import type { JobPayload } from "@lethe/contracts/jobs";
import { JOB_OPTIONS } from "@lethe/service-kit/queues";
import { type DefaultSchedule, readSchedules, type StoredSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import type { JobSchedulerJson, Queue } from "bullmq";

// BullMQ types a scheduler's id as a name of the queue's jobs, which it is not: names are left open here.
type TriggerQueue = Queue<JobPayload<"trigger">>;

/**
 * Creates the `trigger` queue's job schedulers follow the ledger, touching only what is missing or differs. May run at
 * any time and in several processes. Returns the names of the jobs whose scheduler was set or removed.
 *
 * This is not done once and for all, because BullMQ's schedulers live in Redis: a flush takes them away, and after a
 * restart or reconnect one may stand there without a next job and never fire again (its issues 3272, 2151, 3202).
 * The other way round, a next job without its scheduler keeps BullMQ from setting it: it fires by itself, and the round
 * after succeeds. One that cannot be set does not keep the others waiting; its error is thrown at the end.
 */
export async function assertSchedules(
  db: Queryable,
  datasets: readonly DefaultSchedule[],
  queue: TriggerQueue,
): Promise<string[]> {
  for (;;) {
    const schedules = await readSchedules(db, datasets);
    const changed = await assertAll(queue, schedules);
    // A change that came in between was perhaps asserted by its own caller already, and undone by what we had read.
    if (versions(await readSchedules(db, datasets)) === versions(schedules)) return changed;
  }
}

async function assertAll(queue: TriggerQueue, schedules: readonly StoredSchedule[]): Promise<string[]> {
  const changed: string[] = [];
  const failures: unknown[] = [];
  for (const schedule of schedules) {
    try {
      if (schedule.enabled ? await setIfNeeded(queue, schedule) : await queue.removeJobScheduler(schedule.job)) {
        changed.push(schedule.job);
      }
    } catch (error) {
      failures.push(error);
    }
  }
  const known = new Set<string>(schedules.map(({ job }) => job));
  for (const { key } of await queue.getJobSchedulers()) {
    if (!known.has(key) && (await queue.removeJobScheduler(key))) changed.push(key);
  }
  if (failures.length > 0) throw failures[0];
  return changed;
}

async function setIfNeeded(queue: TriggerQueue, { job, cron, timezone }: StoredSchedule): Promise<boolean> {
  const scheduler = await queue.getJobScheduler(job);
  const isSame = scheduler?.pattern === cron && scheduler.tz === timezone;
  if (isSame && (await hasNextJob(queue, job, scheduler))) return false;
  // What is left of a scheduler that stopped would be in the way of the new one's next job.
  if (isSame) await queue.removeJobScheduler(job);
  await queue.upsertJobScheduler(
    job,
    { pattern: cron, tz: timezone },
    { name: "trigger", data: { job }, opts: JOB_OPTIONS },
  );
  return true;
}

/** Reports whether a scheduler's next job stands in the queue, or is at work and about to be followed by another. */
async function hasNextJob(queue: TriggerQueue, id: string, scheduler: JobSchedulerJson): Promise<boolean> {
  if (await willRun(queue, id, scheduler.next)) return true;
  // Between the two questions the job may have run and the scheduler moved on.
  const later = await queue.getJobScheduler(id);
  return later?.next !== scheduler.next && (await willRun(queue, id, later?.next));
}

async function willRun(queue: TriggerQueue, id: string, next: number | undefined): Promise<boolean> {
  if (next === undefined) return false;
  const state = await queue.getJobState(nextJobId(id, next));
  return state === "delayed" || state === "waiting" || state === "active";
}

/** The id that BullMQ gives a scheduler's job: one per tick, so a tick fires once however many processes watch. */
export function nextJobId(schedulerId: string, tickMs: number): string {
  return `repeat:${schedulerId}:${tickMs}`;
}

function versions(schedules: readonly StoredSchedule[]): string {
  return schedules.map(({ job, updatedAt }) => `${job} ${updatedAt.getTime()}`).join();
}
