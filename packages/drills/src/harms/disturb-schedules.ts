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
  readonly since: number;
}

/** A schedule that fires every three seconds, while something else is harmed: it fires again, and never twice for a tick. */
function scheduleWhile(what: string, disturb: (context: HarmContext) => Promise<void>, schedulers = 1): Harm {
  let watch: Watch = { since: 0 };
  return {
    name: `schedule while ${what}`,
    async prepare({ site }) {
      for (let i = 1; i < schedulers; i++) await site.openExtraPlace("scheduler");
      watch = { since: await firings(site) };
      await site.call("PATCH", `/schedules/${JOB}`, { cron: CRON, enabled: true });
    },
    async harm(context) {
      await untilFired(context.site, watch.since + 1);
      await disturb(context);
    },
    async conclude({ site, note }) {
      const before = await firings(site);
      const askedAt = performance.now();
      const fired = await untilFired(site, before + 2);
      const { rows } = await site.pool.query<{ seconds: number }>(
        `select extract(epoch from clock_timestamp() - min(requested_at))::double precision as seconds
         from (select requested_at from ledger.runs where trigger = 'schedule' and job = $1
               order by requested_at offset $2) as fired`,
        [JOB, watch.since],
      );
      const total = (await firings(site)) - watch.since;
      await site.call("PATCH", `/schedules/${JOB}`, { enabled: false });
      await site.closeExtraPlaces();
      const ticks = Math.floor(((rows[0]?.seconds ?? 0) * 1_000) / TICK_MS) + 1;
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

/** Waits until the schedule has fired so often; gives whether it has. */
async function untilFired(site: Site, times: number): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await firings(site)) < times) {
    if (performance.now() > deadline) return false;
    await setTimeout(100);
  }
  return true;
}
