import type { Command } from "commander";
import { Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { formatSchedules, SCHEDULE_TITLES, scheduleCells } from "../present/schedules.js";
import { presentedSchedules } from "../presented-schedules.js";
import { printCsv } from "../print-csv.js";

/** Adds `lethe schedules`. */
export function addSchedulesCommand(program: Command, context: CommandContext): void {
  const { environment, terminal, datasets } = context;
  program
    .command("schedules")
    .summary("show when the jobs run by themselves")
    .description(
      "Shows each job's cron pattern and its time zone, whether it is on, and when it fired last and fires next. " +
        "PATCH /schedules/JOB of the API changes one.",
    )
    .option("--json", "print one line of JSON per schedule instead of text")
    .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"))
    .action(async ({ json, csv }: { readonly json?: true; readonly csv?: true }) => {
      const schedules = await withDatabase(await databaseSetting(environment), (pool) =>
        presentedSchedules(pool, datasets, environment),
      );
      if (json === true) for (const schedule of schedules) terminal.print(JSON.stringify(schedule));
      else if (csv === true) printCsv(terminal, SCHEDULE_TITLES, schedules.map(scheduleCells));
      else terminal.print(formatSchedules(schedules));
    });
}
