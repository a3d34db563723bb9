import type { DatasetName } from "@lethe/contracts/datasets";
import { QUARANTINE_STATUSES, type QuarantineFilter, type QuarantineStatus } from "@lethe/contracts/quarantine";
import { REJECT_REASON_NAMES, type RejectReason } from "@lethe/contracts/reject-reasons";
import { planReplays } from "@lethe/quarantine/plan-replays";
import { selectReplays } from "@lethe/quarantine/select-replays";
import { enqueueFinish, enqueueRun } from "@lethe/service-kit/enqueue";
import { requireRun } from "@lethe/warehouse/ledger/known-references";
import type { RunRequest } from "@lethe/warehouse/ledger/open-run";
import { listQuarantine } from "@lethe/warehouse/ledger/quarantine";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { type Connections, withConnections, withDatabase } from "../connections.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { formerly } from "../former-option.js";
import { integerBetween, parsePartitionOption, parseRunId } from "../parse-arguments.js";
import { formatQuarantine, QUARANTINE_TITLES, quarantineCells } from "../present/quarantine.js";
import { formatReplayPlan } from "../present/replay-plan.js";
import { printCsv } from "../print-csv.js";
import { addFileCommand } from "./quarantine-file.js";
import { addDiscardAction, addRecordCommands } from "./quarantine-work.js";
import { openRuns } from "./run.js";

const parseFileId = integerBetween(1, Number.MAX_SAFE_INTEGER);

interface FilterOptions {
  readonly dataset?: DatasetName;
  readonly reason?: RejectReason;
  readonly runId?: string;
  readonly fileId?: number;
  readonly partition?: string;
}

interface ListOptions extends FilterOptions {
  readonly status?: QuarantineStatus;
  readonly limit: number;
  readonly after?: number;
  readonly json?: true;
  readonly csv?: true;
}

interface ReplayOptions extends FilterOptions {
  readonly limit?: number;
  readonly dryRun?: true;
  readonly follow?: true;
  readonly json?: true;
}

/** Adds `lethe quarantine`: lists, shows, corrects, discards and replays records that were rejected. */
export function addQuarantineCommand(program: Command, context: CommandContext): void {
  const quarantine = program.command("quarantine").summary("work off records that were rejected");
  addListCommand(quarantine, context);
  addRecordCommands(quarantine, context);
  addDiscardAction(withFilterOptions(quarantine.command("discard"), context), context, toFilter);
  addReplayCommand(quarantine, context);
  addFileCommand(quarantine, context);
}

function addListCommand(quarantine: Command, context: CommandContext): void {
  withFilterOptions(quarantine.command("list"), context)
    .summary("list quarantined records")
    .description(
      "Lists quarantined records, oldest first: where each stood and why it is there, never the record itself.",
    )
    .addOption(new Option("--status <status>", "only records in this status").choices(QUARANTINE_STATUSES))
    .option("--limit <records>", "records on a page", integerBetween(1, 10_000), 50)
    .option("--after <id>", "go on after the record with this id", integerBetween(0, Number.MAX_SAFE_INTEGER))
    .option("--json", "print one line of JSON per record instead of text")
    .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"))
    .action(async (options: ListOptions) => {
      const { entries, nextCursor } = await withDatabase(await databaseSetting(context.environment), (pool) =>
        listQuarantine(pool, {
          ...toFilter(options),
          status: options.status,
          after: options.after,
          limit: options.limit,
        }),
      );
      if (options.json === true) {
        for (const entry of entries) context.terminal.print(JSON.stringify(entry));
      } else if (options.csv === true) {
        printCsv(context.terminal, QUARANTINE_TITLES, entries.map(quarantineCells));
      } else {
        context.terminal.print(entries.length === 0 ? "no such record in quarantine" : formatQuarantine(entries));
      }
      if (nextCursor !== null) context.terminal.note(`there are more; go on with --after ${nextCursor}`);
    });
}

function addReplayCommand(quarantine: Command, context: CommandContext): void {
  withFilterOptions(quarantine.command("replay"), context)
    .summary("try quarantined records again")
    .description(
      "Opens a run that tries the open records again which the options mean, for --dataset, else for each dataset that " +
        "has such records. What is rejected once more stays in quarantine with its newest reason.",
    )
    .option("--limit <records>", "the most records of each dataset, oldest first", integerBetween(1, 10_000))
    .addOption(new Option("--dry-run", "print what would become of them, and change nothing").conflicts("follow"))
    .option("--follow", "wait for each run's end and show how far it is")
    .option("--json", "print one line of JSON per run instead of text")
    .action(async (options: ReplayOptions) => {
      const settings = await connectionSettings(context.environment);
      const code = await withConnections(settings, async (connections) => {
        if (options.runId !== undefined) await requireRun(connections.pool, options.runId);
        if (options.dryRun === true) return printPlans(connections, options, context);
        const selected = await selectReplays(
          connections.pool,
          context.datasets,
          toFilter(options),
          options.limit ?? null,
        );
        if (selected.length === 0) context.terminal.note(NOTHING);
        const requests = selected.map(
          ({ job, replayFilter }): RunRequest => ({ job, kind: "replay", trigger: "cli", replayFilter }),
        );
        return openRuns(connections, requests, options, context.terminal);
      });
      context.exitWith(code);
    });
}

async function printPlans(
  { pool, queues }: Connections,
  options: ReplayOptions,
  { datasets, terminal }: CommandContext,
): Promise<ExitCode> {
  const start = (runId: string) => enqueueRun(queues, runId, "plan");
  const finish = (runId: string) => enqueueFinish(queues, runId);
  const request = { filter: toFilter(options), limit: options.limit, trigger: "cli" } as const;
  const plans = await planReplays({ pool, datasets, start, finish }, request);
  if (options.json === true) for (const plan of plans) terminal.print(JSON.stringify(plan));
  else if (plans.length === 0) terminal.note(NOTHING);
  else terminal.print(plans.map(formatReplayPlan).join("\n\n"));
  return EXIT.succeeded;
}

const NOTHING = "nothing to replay: no such record is open in quarantine";

function withFilterOptions(command: Command, { datasets }: CommandContext): Command {
  return command
    .addOption(new Option("--dataset <dataset>", "only records of this dataset").choices(datasets.names))
    .addOption(new Option("--reason <reason>", "only records rejected for this reason").choices(REJECT_REASON_NAMES))
    .option("--run-id <id>", "only records that this run rejected", parseRunId)
    .addOption(formerly("--run <id>", "runId", parseRunId))
    .option("--file-id <number>", "only records of the file with this number in the ledger", parseFileId)
    .addOption(formerly("--file <number>", "fileId", parseFileId))
    .option(
      "--partition <day or hour>",
      "only records of files of this day, or of this hour of it",
      parsePartitionOption,
    );
}

function toFilter(options: FilterOptions): QuarantineFilter {
  return {
    ...(options.dataset !== undefined && { dataset: options.dataset }),
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(options.runId !== undefined && { runId: options.runId }),
    ...(options.fileId !== undefined && { fileId: options.fileId }),
    ...(options.partition !== undefined && { partition: options.partition }),
  };
}
