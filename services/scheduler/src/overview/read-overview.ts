import type { Overview } from "@lethe/contracts/overview";
import { presentSchedule } from "@lethe/service-kit/cron/present-schedule";
import { readLoadedSince } from "@lethe/warehouse/ledger/loaded-since";
import { readActiveRunIds, readLastRuns } from "@lethe/warehouse/ledger/read-runs";
import { readSchedules } from "@lethe/warehouse/ledger/schedules";
import { readWaitedFor } from "@lethe/warehouse/quality/late-partitions";
import type { SchedulerContext } from "../context.js";
import { readFreshness } from "./read-freshness.js";
import { readNeeds } from "./read-needs.js";

const DAY_MS = 24 * 3_600_000;

/** Returns how things stand at an instant. */
export async function readOverview(
  {
    pool,
    datasets,
    schedules: rules,
    dataChecks,
  }: Pick<SchedulerContext, "pool" | "datasets" | "schedules" | "dataChecks">,
  now: Date,
): Promise<Overview> {
  const [schedules, lastRuns, activeRunIds, loadedOf, late, needsSomebody] = await Promise.all([
    readSchedules(pool, datasets.all),
    readLastRuns(pool),
    readActiveRunIds(pool),
    readLoadedSince(pool, datasets.names, new Date(now.getTime() - DAY_MS)),
    readWaitedFor(pool),
    readNeeds(pool, datasets.requests.name),
  ]);
  const waitedFor = new Map(late.map((waited) => [waited.dataset, waited]));
  const jobs = await Promise.all(
    schedules.map(async (schedule) => {
      const { job } = schedule;
      const { lastLoadedAt, ...last24Hours } = loadedOf.get(job) ?? {
        lastLoadedAt: null,
        in: 0,
        loaded: 0,
        rejected: 0,
      };
      const checks = dataChecks.get(job);
      if (checks === undefined) throw new Error(`there are no checks of ${job}`);
      const freshness = await readFreshness(pool, { name: job, checks, schedule }, waitedFor, now);
      return {
        job,
        schedule: presentSchedule(schedule, now, rules),
        lastRun: lastRuns.get(job) ?? null,
        activeRunId: activeRunIds.get(job) ?? null,
        freshness: { ...freshness, lastLoadedAt: lastLoadedAt?.toISOString() ?? null },
        last24Hours,
      };
    }),
  );
  return { jobs, needsSomebody, at: now.toISOString() };
}
