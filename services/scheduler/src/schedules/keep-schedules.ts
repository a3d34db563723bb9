import type { ScheduleRules } from "@lethe/service-kit/cron/check-schedule";
import type { Logger } from "@lethe/service-kit/logger";
import type { TypedQueue } from "@lethe/service-kit/queues";
import type { DefaultSchedule } from "@lethe/warehouse/ledger/schedules";
import type { Queryable } from "@lethe/warehouse/pool";
import { type AssertedSchedules, assertSchedules } from "./assert-schedules.js";
import { catchUp } from "./catch-up.js";

/** Keeps the queue at what the ledger says about schedules. */
export interface ScheduleKeeper {
  /** Brings the queue into line with the ledger's schedules. */
  apply(): Promise<void>;
  /** Handles the ticks that were missed before this process started, once; called after `apply`. */
  catchUp(): Promise<void>;
  /** Codes of what somebody should set right about schedules. */
  warnings(): readonly string[];
}

export interface KeptSchedules {
  readonly db: Queryable;
  readonly datasets: readonly DefaultSchedule[];
  readonly queue: TypedQueue<"trigger">;
  readonly rules: ScheduleRules;
  /** Whether a job that missed ticks is triggered once for them. */
  readonly makeUp: boolean;
  readonly log: Logger;
}

/** Creates the keeper of schedules; with schedules switched off it does nothing. */
export function createScheduleKeeper({ db, datasets, queue, rules, makeUp, log }: KeptSchedules): ScheduleKeeper {
  let refused: AssertedSchedules["refused"] = new Map();
  let hasCaughtUp = false;

  async function apply(): Promise<void> {
    if (!rules.on) return;
    const asserted = await assertSchedules(db, datasets, queue, rules);
    if (asserted.changed.length > 0) log.info({ jobs: asserted.changed }, "schedules applied");
    for (const [job, problem] of asserted.refused) {
      if (refused.get(job) !== problem) log.warn({ job, problem }, "a schedule does not fire; change it");
    }
    refused = asserted.refused;
  }

  return {
    apply,
    async catchUp() {
      if (!rules.on || hasCaughtUp) return;
      const jobs = await catchUp(db, datasets, queue, new Date(), { makeUp, rules });
      hasCaughtUp = true;
      if (jobs.length === 0) return;
      log.info({ jobs, madeUp: makeUp }, "schedules missed a tick during downtime");
      // What was dropped had its scheduler removed with it.
      if (!makeUp) await apply();
    },
    warnings: () => (refused.size > 0 ? ["schedule_refused"] : []),
  };
}
