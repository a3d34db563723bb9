import { setTimeout } from "node:timers/promises";
import { wrong } from "../check/finding.js";
import type { Harm, HarmContext } from "../harm.js";
import type { Site } from "../site/site.js";
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
function scheduleWhile(what: string, disturb: (context: HarmContext) => Promise<void>, schedulers = 1): Harm {
  // Several sites are harmed at once, by one and the same harm.
  const watches = new WeakMap<Site, Watch>();
  const watchOf = (site: Site) => {
    const watch = watches.get(site);
    if (watch === undefined) throw new Error("the schedule was not prepared");
    return watch;
  };
  return {
    name: `schedule while ${what}`,
    async prepare({ site }) {
      for (let i = 1; i < schedulers; i++) await site.openExtraPlace("scheduler");
      watches.set(site, { since: await firings(site), from: await now(site) });
      await site.call("PATCH", `/schedules/${JOB}`, { cron: CRON, enabled: true });
    },
    async harm(context) {
      await untilFired(context.site, watchOf(context.site).since + 1);
      await disturb(context);
    },
    async conclude({ site, note }) {
      const watch = watchOf(site);
      const before = await firings(site);
      const askedAt = performance.now();
      const fired = await untilFired(site, before + 2);
      const total = (await firings(site)) - watch.since;
      const ticks = tickOf(await now(site)) - tickOf(watch.from);
      await site.call("PATCH", `/schedules/${JOB}`, { enabled: false });
      await site.closeExtraPlaces();
      note(`${total} of ${ticks} ticks fired`);
      if (!fired)
        return [wrong(`the schedule did not fire again within ${Math.round(performance.now() - askedAt)} ms`)];
      return total > ticks ? [wrong(`the schedule fired ${total} times in ${ticks} ticks`)] : [];
    },
  };
}

export const SCHEDULE_HARMS: readonly Harm[] = [
  scheduleWhile("two schedulers run", async ({ untilSomeMoment }) => untilSomeMoment(), 2),
  scheduleWhile("the scheduler is killed", (context) => killService("scheduler").harm(context)),
  scheduleWhile("Redis is restarted", (context) => restartRedis.harm(context)),
  scheduleWhile("Redis comes back empty", (context) => emptyRedis.harm(context)),
  scheduleWhile("Redis evicts keys", (context) => evictRedis.harm(context), 2),
];

async function firings(site: Site): Promise<number> {
  const { rows } = await site.pool.query<{ n: number }>(
    "select count(*) as n from ledger.runs where trigger = 'schedule' and job = $1",
    [JOB],
  );
  return rows[0]?.n ?? 0;
}

/** The server's clock: it dates the runs, too. */
async function now(site: Site): Promise<Date> {
  const { rows } = await site.pool.query<{ now: Date }>("select clock_timestamp() as now");
  return rows[0]?.now ?? new Date();
}

/** The number of the last tick up to an instant. */
function tickOf(instant: Date): number {
  return Math.floor(instant.getTime() / TICK_MS);
}

/** Waits until the schedule has fired so often; gives whether it has. */
async function untilFired(site: Site, times: number): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await firings(site)) < times) {
    if (performance.now() > deadline) return false;
    await setTimeout(100);
  }
  return true;
}
