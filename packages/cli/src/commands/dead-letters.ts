import type { DatasetName } from "@lethe/contracts/datasets";
import { DEAD_LETTER_STATUSES, type DeadLetter, type DeadLetterStatus } from "@lethe/contracts/dead-letters";
import { InvalidInputError, RunActiveError, RunStateError } from "@lethe/contracts/errors";
import { hasSucceeded, type RunDetail } from "@lethe/contracts/runs";
import { reopenRun } from "@lethe/warehouse/ledger/change-run";
import { listDeadLetters, replayDeadLetter } from "@lethe/warehouse/ledger/dead-letters";
import type { Queryable } from "@lethe/warehouse/pool";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { type Connections, withConnections, withDatabase } from "../connections.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { enqueueOpenedAgain } from "../open-runs.js";
import { integerBetween, parseDeadLetterId } from "../parse-arguments.js";
import { DEAD_LETTER_TITLES, deadLetterCells, formatDeadLetters } from "../present/dead-letters.js";
import { printCsv } from "../print-csv.js";
import type { Terminal } from "../terminal.js";
import { printRuns, seeTo, warnOfMissingServices } from "./run.js";

interface ListOptions {
  readonly job?: DatasetName;
  readonly status?: DeadLetterStatus;
  readonly limit: number;
  readonly before?: string;
  readonly json?: true;
  readonly csv?: true;
}

interface ReplayOptions {
  readonly all?: true;
  readonly follow?: true;
  readonly json?: true;
}

/** Adds `lethe dead-letters list` and `lethe dead-letters replay`. */
export function addDeadLettersCommand(program: Command, context: CommandContext): void {
  const deadLetters = program.command("dead-letters").summary("list and replay jobs that gave up for good");
  addListCommand(deadLetters, context);
  addReplayCommand(deadLetters, context);
}

function addListCommand(deadLetters: Command, context: CommandContext): void {
  deadLetters
    .command("list")
    .summary("list dead letters")
    .description(
      "Lists batches that failed, and runs that could not be extracted or finished, newest first. What later runs have " +
        "taken up is `overtaken`, cannot be replayed and is listed with --status overtaken alone; when they have finished it, it is closed.",
    )
    .addOption(new Option("--job <job>", "only those of this job").choices(context.datasets.names))
    .addOption(new Option("--status <status>", "those in this status").choices(DEAD_LETTER_STATUSES).default("open"))
    .option("--limit <letters>", "dead letters on a page", integerBetween(1, 10_000), 50)
    .option("--before <id>", "go on after the dead letter with this id", parseDeadLetterId)
    .option("--json", "print one line of JSON per dead letter instead of text")
    .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"))
    .action(async ({ job, status, limit, before, json, csv }: ListOptions) => {
      const { terminal } = context;
      const { deadLetters: letters, nextCursor } = await withDatabase(
        await databaseSetting(context.environment),
        (pool) => listDeadLetters(pool, { job, status, limit, before }),
      );
      if (json === true) for (const letter of letters) terminal.print(JSON.stringify(letter));
      else if (csv === true) printCsv(terminal, DEAD_LETTER_TITLES, letters.map(deadLetterCells));
      else terminal.print(letters.length === 0 ? "no such dead letter" : formatDeadLetters(letters));
      if (nextCursor !== null) terminal.note(`there are more; go on with --before ${nextCursor}`);
    });
}

function addReplayCommand(deadLetters: Command, context: CommandContext): void {
  deadLetters
    .command("replay")
    .summary("try again what gave up")
    .description(
      "Opens the run of a dead letter again with that batch; other batches of it that failed stay so. With --all every run " +
        "that has open dead letters is opened again with all of them, the oldest first. One run of a job is open at a time: " +
        "--follow takes one after the other to its end.",
    )
    .argument("[id]", "the dead letter's id", parseDeadLetterId)
    .option("--all", "replay every open dead letter")
    .option("--follow", "wait for each run's end and show how far it is")
    .option("--json", "print one line of JSON per run instead of text")
    .action(async (id: string | undefined, options: ReplayOptions) => {
      if ((id === undefined) !== (options.all === true)) {
        throw new InvalidInputError("name the id of one dead letter, or --all");
      }
      const settings = await connectionSettings(context.environment);
      const code = await withConnections(settings, (connections) =>
        id === undefined
          ? replayAll(connections, options, context.terminal)
          : replayOne(connections, id, options, context.terminal),
      );
      context.exitWith(code);
    });
}

async function replayOne(
  connections: Connections,
  id: string,
  options: ReplayOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const runId = await replayDeadLetter(connections.pool, id);
  await enqueueOpenedAgain(connections, runId);
  await warnOfMissingServices(connections, terminal);
  return present([await seeTo(connections, runId, options, terminal)], options, terminal);
}

async function replayAll(connections: Connections, options: ReplayOptions, terminal: Terminal): Promise<ExitCode> {
  const letters = await allOpen(connections.pool);
  if (letters.length === 0) {
    terminal.note("nothing to replay: no dead letter is open");
    return EXIT.succeeded;
  }
  await warnOfMissingServices(connections, terminal);
  const runs: RunDetail[] = [];
  let isRefused = false;
  for (const runId of new Set(letters.map((letter) => letter.runId))) {
    try {
      await reopenRun(connections.pool, runId);
    } catch (error) {
      if (error instanceof RunActiveError) terminal.note(`run ${runId} cannot be retried: ${error.message}`);
      else if (error instanceof RunStateError) terminal.note(error.message);
      else throw error;
      isRefused = true;
      continue;
    }
    await enqueueOpenedAgain(connections, runId);
    runs.push(await seeTo(connections, runId, options, terminal));
  }
  const code = present(runs, options, terminal);
  return code === EXIT.succeeded && isRefused ? EXIT.runActive : code;
}

/** Returns every open dead letter, the oldest first. */
async function allOpen(db: Queryable): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let before: string | undefined;
  do {
    const page = await listDeadLetters(db, { status: "open", before, limit: 1_000 });
    letters.push(...page.deadLetters);
    before = page.nextCursor ?? undefined;
  } while (before !== undefined);
  return letters.reverse();
}

function present(runs: readonly RunDetail[], options: ReplayOptions, terminal: Terminal): ExitCode {
  printRuns(runs, options, terminal);
  const areWell = options.follow !== true || runs.every((run) => hasSucceeded(run.state));
  return areWell ? EXIT.succeeded : EXIT.failed;
}
