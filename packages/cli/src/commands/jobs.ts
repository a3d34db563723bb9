import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Environment } from "@lethe/service-kit/settings";
import { readActiveRunIds, readLastRuns } from "@lethe/warehouse/ledger/read-runs";
import type { Pool } from "@lethe/warehouse/pool";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { formatJobs, JOB_TITLES, type JobOverview, jobCells } from "../present/schedules.js";
import { presentedSchedules } from "../presented-schedules.js";
import { printCsv } from "../print-csv.js";

/** Adds `lethe jobs`. */
export function addJobsCommand(program: Command, context: CommandContext): void {
  const { environment, terminal, datasets } = context;
  program
    .command("jobs")
    .summary("show the jobs with their schedule and last run")
    .description("Shows each job with its schedule, its last run over files, and the one that is active.")
    .option("--json", "print one line of JSON per job instead of text")
    .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"))
    .action(async ({ json, csv }: { readonly json?: true; readonly csv?: true }) => {
      const jobs = await withDatabase(await databaseSetting(environment), (pool) =>
        readJobs(pool, datasets, environment),
      );
      if (json === true) for (const job of jobs) terminal.print(JSON.stringify(job));
      else if (csv === true) printCsv(terminal, JOB_TITLES, jobs.map(jobCells));
      else terminal.print(formatJobs(jobs));
    });
}

async function readJobs(pool: Pool, datasets: Datasets, environment: Environment): Promise<JobOverview[]> {
  const [schedules, lastRuns, activeRunIds] = await Promise.all([
    presentedSchedules(pool, datasets, environment),
    readLastRuns(pool),
    readActiveRunIds(pool),
  ]);
  return schedules.map((schedule) => ({
    job: schedule.job,
    schedule,
    lastRun: lastRuns.get(schedule.job) ?? null,
    activeRunId: activeRunIds.get(schedule.job) ?? null,
  }));
}
