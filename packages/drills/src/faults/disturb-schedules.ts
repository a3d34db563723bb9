import { setTimeout } from "node:timers/promises";
import { wrong } from "../check/finding.js";
import type { Cluster } from "../cluster/cluster.js";
import type { Fault, HarmContext } from "../fault.js";
import { emptyRedis, evictRedis, restartRedis } from "./break-redis.js";
import { killService } from "./kill-service.js";

const TICK_MS = 3_000;
const CRON = "*/3 * * * * *";
const JOB = "products";
/** Reconciliation and the next tick, with the settings of a drill, take a few seconds; with the defaults a minute. */
const PATIENCE_MS = 45_000;

interface Watch {
  /** Firings before. */
  readonly since: number;
  readonly from: Date;
}

/** A schedule that fires every three seconds, while something else is harmed: it fires again, and never twice for a tick. */
function scheduleWhile(what: string, disturb: (context: HarmContext) => Promise<void>, schedulers = 1): Fault {
  // Several clusters are harmed at once, by one and the same fault.
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
    async fault(context) {
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
  scheduleWhile("the scheduler is killed", (context) => killService("scheduler").fault(context)),
  scheduleWhile("Redis is restarted", (context) => restartRedis.fault(context)),
  scheduleWhile("Redis comes back empty", (context) => emptyRedis.fault(context)),
  scheduleWhile("Redis evicts keys", (context) => evictRedis.fault(context), 2),
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

/** Waits until the schedule has fired so often; returns whether it has. */
async function untilFired(cluster: Cluster, times: number): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await firings(cluster)) < times) {
    if (performance.now() > deadline) return false;
    await setTimeout(100);
  }
  return true;
}
