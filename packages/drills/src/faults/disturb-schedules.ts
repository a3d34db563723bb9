import { setTimeout } from "node:timers/promises";
import { wrong } from "../check/finding.js";
import type { Cluster } from "../cluster/cluster.js";
import type { Fault, FaultContext } from "../fault.js";
import { emptyRedis, evictRedis, restartRedis } from "./break-redis.js";
import { killService } from "./kill-service.js";

const TICK_MS = 3_000;
const CRON = "*/3 * * * * *";
const JOB = "products";
/** Comes before the job that fires, wherever the jobs are gone through. */
const OTHER_JOB = "customers";
/** With a drill's settings, reconciliation and the next tick take a few seconds; with the defaults they take a minute. */
const FIRES_WITHIN_MS = 45_000;

/** What a schedule is compared with at the end of a round. */
interface Watch {
  /** How often it had fired before. */
  readonly since: number;
  readonly from: Date;
}

/** Lets a schedule fire every three seconds while something is disturbed. It must fire again, and never twice for a tick. */
function scheduleWhile(what: string, disturb: (context: FaultContext) => Promise<void>, schedulers = 1): Fault {
  // Several clusters may be drilled at once, all with this one fault.
  const watches = new WeakMap<Cluster, Watch>();
  const watchOf = (cluster: Cluster) => {
    const watch = watches.get(cluster);
    if (watch === undefined) throw new Error("the schedule was not prepared");
    return watch;
  };
  return {
    name: `schedule while ${what}`,
    async prepare({ cluster }) {
      for (let i = 1; i < schedulers; i++) await cluster.openExtraPlace("scheduler");
      watches.set(cluster, { since: await firings(cluster), from: await now(cluster) });
      await cluster.call("PATCH", `/schedules/${JOB}`, { cron: CRON, enabled: true });
    },
    async inject(context) {
      await untilFired(context.cluster, watchOf(context.cluster).since + 1);
      await disturb(context);
    },
    async conclude({ cluster, note }) {
      const watch = watchOf(cluster);
      const before = await firings(cluster);
      const askedAt = performance.now();
      const fired = await untilFired(cluster, before + 2);
      const total = (await firings(cluster)) - watch.since;
      const ticks = tickOf(await now(cluster)) - tickOf(watch.from);
      await cluster.call("PATCH", `/schedules/${JOB}`, { enabled: false });
      await cluster.call("PATCH", `/schedules/${OTHER_JOB}`, { cron: "0 * * * *" });
      await cluster.closeExtraPlaces();
      note(`${total} of ${ticks} ticks fired`);
      if (!fired)
        return [wrong(`the schedule did not fire again within ${Math.round(performance.now() - askedAt)} ms`)];
      return total > ticks ? [wrong(`the schedule fired ${total} times in ${ticks} ticks`)] : [];
    },
  };
}

export const SCHEDULE_FAULTS: readonly Fault[] = [
  scheduleWhile("two schedulers run", async ({ untilInjectionPoint }) => untilInjectionPoint(), 2),
  scheduleWhile("the scheduler is killed", (context) => killService("scheduler").inject(context)),
  scheduleWhile("Redis is restarted", (context) => restartRedis.inject(context)),
  scheduleWhile("Redis comes back empty", (context) => emptyRedis.inject(context)),
  scheduleWhile("another one's pattern is refused", async (context) => {
    // The API refuses it; an older version, or somebody by hand, could have written it.
    await context.cluster.pool.query(
      "update ledger.schedules set cron = 'H * * * *', updated_at = clock_timestamp() where job = $1",
      [OTHER_JOB],
    );
    await emptyRedis.inject(context);
  }),
  scheduleWhile("Redis evicts keys", (context) => evictRedis.inject(context), 2),
];

async function firings(cluster: Cluster): Promise<number> {
  const { rows } = await cluster.pool.query<{ n: number }>(
    "select count(*) as n from ledger.runs where trigger = 'schedule' and job = $1",
    [JOB],
  );
  return rows[0]?.n ?? 0;
}

/** The server's clock: it dates the runs, too. */
async function now(cluster: Cluster): Promise<Date> {
  const { rows } = await cluster.pool.query<{ now: Date }>("select clock_timestamp() as now");
  return rows[0]?.now ?? new Date();
}

/** The number of the last tick up to an instant. */
function tickOf(instant: Date): number {
  return Math.floor(instant.getTime() / TICK_MS);
}

/** Waits until the schedule has fired so often. Reports whether it has. */
async function untilFired(cluster: Cluster, times: number): Promise<boolean> {
  const deadline = performance.now() + FIRES_WITHIN_MS;
  while ((await firings(cluster)) < times) {
    if (performance.now() > deadline) return false;
    await setTimeout(100);
  }
  return true;
}
