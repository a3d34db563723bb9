import { TransientError } from "@lethe/contracts/errors";
import type { Dataset } from "@lethe/datasets/dataset";
import type { Checks } from "@lethe/quality/checks-file";
import type { ScheduleRules } from "@lethe/service-kit/cron/check-schedule";
import { tryLockInTransaction } from "@lethe/warehouse/advisory-lock";
import { readSchedules } from "@lethe/warehouse/ledger/schedules";
import { type Client, inTransaction, type Pool } from "@lethe/warehouse/pool";
import { closeArrived, readOpenAlerts, tellOfAlerts } from "@lethe/warehouse/quality/alerts";
import { forgetOldResults } from "@lethe/warehouse/quality/check-results";
import { checkArrivals } from "./check-arrivals.js";
import { checkFreshness } from "./check-freshness.js";
import { checkPartitions } from "./check-partitions.js";
import { checkRuns } from "./check-runs.js";
import { checkSchedule } from "./check-schedules.js";
import type { CheckedDataset } from "./checked-dataset.js";

/** What data is checked with. */
export interface DataChecks {
  readonly pool: Pool;
  readonly datasets: readonly Pick<Dataset, "name" | "schedule">[];
  readonly checks: Checks;
  readonly rules: ScheduleRules;
  /** Whether somebody is told by a webhook. */
  readonly tells: boolean;
}

const RESULTS_KEPT_DAYS = 90;

/**
 * Looks at what has come until `now`, and at what has not: judges partitions, finds late ones, opens and closes alerts, and puts the
 * messages about them into the webhook's outbox, all in one transaction. One scheduler does it at a time; another one leaves it.
 * A dataset that cannot be checked keeps none of the others from it. Reports whether it was done; throws, once the others are
 * checked, what the first such dataset has met.
 */
export async function checkData({ pool, datasets, checks, rules, tells }: DataChecks, now: Date): Promise<boolean> {
  const failures: unknown[] = [];
  const isDone = await inTransaction(pool, async (client) => {
    if (!(await tryLockInTransaction(client, "lethe check data"))) return false;
    const schedules = await readSchedules(client, datasets);
    for (const schedule of schedules) {
      const own = checks.get(schedule.job);
      if (own === undefined) continue;
      await client.query("savepoint one_dataset");
      try {
        await checkDataset(client, { name: schedule.job, checks: own, schedule }, rules, now);
      } catch (error) {
        if (error instanceof TransientError) throw error;
        await client.query("rollback to savepoint one_dataset");
        failures.push(error);
      }
    }
    await closeArrived(client, now);
    await forgetOldResults(client, RESULTS_KEPT_DAYS, now);
    if (tells) await tellOfAlerts(client, now);
    return true;
  });
  if (failures.length > 0) throw failures[0];
  return isDone;
}

async function checkDataset(client: Client, dataset: CheckedDataset, rules: ScheduleRules, now: Date): Promise<void> {
  const open = (await readOpenAlerts(client)).filter((alert) => alert.dataset === dataset.name);
  await checkPartitions(client, dataset, open, now);
  await checkArrivals(client, dataset, now);
  await checkFreshness(client, dataset, open, now);
  await checkSchedule(client, dataset, open, rules, now);
  await checkRuns(client, dataset, open, now);
}
