import type { DatasetName } from "@lethe/contracts/datasets";
import {
  RUN_KINDS,
  RUN_STATES,
  RUN_TRIGGERS,
  type RunKind,
  type RunState,
  type RunTrigger,
} from "@lethe/contracts/runs";
import { enqueueFinish } from "@lethe/service-kit/enqueue";
import { cancelRun, reopenRun } from "@lethe/warehouse/ledger/change-run";
import { listRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { withConnections, withDatabase } from "../connections.js";
import { exitCodeOf } from "../exit-codes.js";
import { enqueueOpenedAgain } from "../open-runs.js";
import { integerBetween, parseInstant, parseRunId, parseRunIdStart } from "../parse-arguments.js";
import { formatRunDetail, formatRunList, RUN_TITLES, runCells } from "../present/runs.js";
import { printCsv } from "../print-csv.js";
import { printRuns, seeTo, warnOfMissingServices } from "./run.js";

interface ListOptions {
  readonly job?: DatasetName;
  readonly kind?: RunKind;
  readonly trigger?: RunTrigger;
  readonly state?: readonly RunState[];
  readonly open?: true;
  readonly requestedFrom?: string;
  readonly requestedTo?: string;
  readonly id?: string;
  readonly limit: number;
  readonly before?: string;
  readonly json?: true;
  readonly csv?: true;
}

interface RunOptions {
  readonly follow?: true;
  readonly json?: true;
}

/** Adds `lethe runs list`, `show`, `follow`, `cancel` and `retry`. */
export function addRunsCommand(program: Command, context: CommandContext): void {
  const runs = program.command("runs").summary("list, show, follow, cancel and retry runs");
  addListCommand(runs, context);
  addLookCommands(runs, context);
  addChangeCommands(runs, context);
}

function addListCommand(runs: Command, { environment, terminal, datasets }: CommandContext): void {
  runs
    .command("list")
    .summary("list runs")
    .description("Lists runs of every kind, newest first.")
    .addOption(new Option("--job <job>", "only those of this job").choices(datasets.names))
    .addOption(new Option("--kind <kind>", "only those of this kind").choices(RUN_KINDS))
    .addOption(new Option("--trigger <trigger>", "only those that were asked for by this").choices(RUN_TRIGGERS))
    .addOption(new Option("--state <state...>", "only those in one of these states").choices(RUN_STATES))
    .option("--open", "only those that have work to do still")
    .option("--requested-from <instant>", "only those requested at this instant or later", parseInstant)
    .option("--requested-to <instant>", "only those requested before this instant", parseInstant)
    .option("--id <start>", "only those whose id begins with this, of four digits at least", parseRunIdStart)
    .option("--limit <runs>", "runs on a page", integerBetween(1, 10_000), 20)
    .option("--before <id>", "go on after the run with this id", parseRunId)
    .option("--json", "print one line of JSON per run instead of text")
    .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"))
    .action(async ({ json, csv, ...filter }: ListOptions) => {
      const page = await withDatabase(await databaseSetting(environment), (pool) => listRuns(pool, filter));
      if (json === true) for (const run of page.runs) terminal.print(JSON.stringify(run));
      else if (csv === true) printCsv(terminal, RUN_TITLES, page.runs.map(runCells));
      else terminal.print(page.runs.length === 0 ? "no such run" : formatRunList(page.runs));
      if (page.nextCursor !== null) terminal.note(`there are more; go on with --before ${page.nextCursor}`);
    });
}

function addLookCommands(runs: Command, { environment, terminal, exitWith }: CommandContext): void {
  runs
    .command("show")
    .summary("show one run")
    .description(
      "Shows a run with its times, counts, rejects by reason, failed batches and files that it has a remark on.",
    )
    .argument("<id>", "the run's id", parseRunId)
    .option("--json", "print the run as JSON, with all its notices")
    .action(async (id: string, options: RunOptions) => {
      const run = await withDatabase(await databaseSetting(environment), (pool) => readRun(pool, id));
      terminal.print(options.json === true ? JSON.stringify(run) : formatRunDetail(run));
    });
  runs
    .command("follow")
    .summary("wait for a run's end")
    .description(
      "Shows how far a run is until it ends, then what came of it. Interrupting that ends the watching, never the run.",
    )
    .argument("<id>", "the run's id", parseRunId)
    .option("--json", "print the run as a line of JSON instead of text")
    .action(async (id: string, { json }: RunOptions) => {
      const run = await withDatabase(await databaseSetting(environment), (pool) =>
        seeTo({ pool }, id, { follow: true }, terminal),
      );
      printRuns([run], { follow: true, ...(json === true && { json }) }, terminal);
      exitWith(exitCodeOf([run]));
    });
}

function addChangeCommands(runs: Command, { environment, terminal, exitWith }: CommandContext): void {
  runs
    .command("cancel")
    .summary("cancel an open run")
    .description("What was loaded stays loaded; the rest may be taken in by a later run, or by a retry of this one.")
    .argument("<id>", "the run's id", parseRunId)
    .option("--json", "print the run as a line of JSON instead of text")
    .action(async (id: string, options: RunOptions) => {
      const run = await withConnections(await connectionSettings(environment), async ({ pool, queues }) => {
        await cancelRun(pool, id);
        await enqueueFinish(queues, id);
        return readRun(pool, id);
      });
      if (options.json === true) printRuns([run], options, terminal);
      else terminal.print(`${run.job} ${id} is cancelled; \`lethe runs retry ${id}\` goes on with it`);
    });
  runs
    .command("retry")
    .summary("go on with a failed or cancelled run where it stopped")
    .description("Opens a failed or cancelled run again, with the batches that failed or were cancelled.")
    .argument("<id>", "the run's id", parseRunId)
    .option("--follow", "wait for the run's end and show how far it is")
    .option("--json", "print the run as a line of JSON instead of text")
    .action(async (id: string, options: RunOptions) => {
      const run = await withConnections(await connectionSettings(environment), async (connections) => {
        await reopenRun(connections.pool, id);
        await enqueueOpenedAgain(connections, id);
        await warnOfMissingServices(connections, terminal);
        return seeTo(connections, id, options, terminal);
      });
      printRuns([run], options, terminal);
      if (options.follow === true) exitWith(exitCodeOf([run]));
    });
}
