import {
  ALERT_KINDS,
  ALERT_STATES,
  type AlertKind,
  type AlertState,
  CHECK_METRIC_NAMES,
  CHECK_OUTCOMES,
  type CheckMetric,
  type CheckOutcomeName,
} from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import { listAlerts } from "@lethe/warehouse/quality/alerts";
import { listResults } from "@lethe/warehouse/quality/check-results";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { integerBetween, parseAlertId } from "../parse-arguments.js";
import { ALERT_TITLES, alertCells, CHECK_TITLES, checkCells, formatAlerts, formatChecks } from "../present/checks.js";
import { printCsv } from "../print-csv.js";

interface ListOptions {
  readonly dataset?: DatasetName;
  readonly limit: number;
  readonly json?: true;
  readonly csv?: true;
}

interface CheckOptions extends ListOptions {
  readonly metric?: CheckMetric;
  readonly outcome?: CheckOutcomeName;
  readonly before?: number;
}

interface AlertOptions extends ListOptions {
  readonly kind?: AlertKind;
  readonly state?: AlertState;
  readonly all?: true;
  readonly before?: string;
}

/** Adds `lethe checks` and `lethe alerts`. */
export function addChecksCommands(program: Command, context: CommandContext): void {
  const { environment, terminal, datasets } = context;
  const withListOptions = (command: Command) =>
    command
      .addOption(new Option("--dataset <name>", "only those of this dataset").choices(datasets.names))
      .option("--limit <number>", "lines on a page", integerBetween(1, 10_000), 50)
      .option("--json", "print one line of JSON each instead of text")
      .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"));

  withListOptions(program.command("checks"))
    .summary("list how partitions have passed the checks of their data")
    .description("Lists the results of checks, newest first: of each partition and check the last one.")
    .addOption(new Option("--metric <metric>", "only those of this metric").choices(CHECK_METRIC_NAMES))
    .addOption(new Option("--outcome <outcome>", "only those that passed, or failed").choices(CHECK_OUTCOMES))
    .option("--before <id>", "go on after the result with this id", integerBetween(0, Number.MAX_SAFE_INTEGER))
    .action(async ({ json, csv, ...filter }: CheckOptions) => {
      const { checks, nextCursor } = await withDatabase(await databaseSetting(environment), (pool) =>
        listResults(pool, filter),
      );
      if (json === true) for (const result of checks) terminal.print(JSON.stringify(result));
      else if (csv === true) printCsv(terminal, CHECK_TITLES, checks.map(checkCells));
      else terminal.print(checks.length === 0 ? "no result of a check" : formatChecks(checks));
      if (nextCursor !== null) terminal.note(`there are more; go on with --before ${nextCursor}`);
    });

  withListOptions(program.command("alerts"))
    .summary("list what is not right about data, has not come, or is not fetched")
    .description("Lists alerts, newest first; without --state or --all the open ones.")
    .addOption(new Option("--kind <kind>", "only those of this kind").choices(ALERT_KINDS))
    .addOption(new Option("--state <state>", "only those in this state (default: open)").choices(ALERT_STATES))
    .addOption(new Option("--all", "those that are closed, too").conflicts("state"))
    .option("--before <id>", "go on after the alert with this id", parseAlertId)
    .action(async ({ json, csv, all, state: wanted, ...filter }: AlertOptions) => {
      const state = all === true ? undefined : (wanted ?? "open");
      const { alerts, nextCursor } = await withDatabase(await databaseSetting(environment), (pool) =>
        listAlerts(pool, { ...filter, state }),
      );
      if (json === true) for (const alert of alerts) terminal.print(JSON.stringify(alert));
      else if (csv === true) printCsv(terminal, ALERT_TITLES, alerts.map(alertCells));
      else terminal.print(alerts.length === 0 ? "no alert is open" : formatAlerts(alerts));
      if (nextCursor !== null) terminal.note(`there are more; go on with --before ${nextCursor}`);
    });
}
