import { VERSION } from "@lethe/contracts/version";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { Command, CommanderError } from "commander";
import type { CommandContext } from "./command-context.js";
import { addAnalystCommand } from "./commands/analyst.js";
import { addBackfillCommand } from "./commands/backfill.js";
import { addChecksCommands } from "./commands/checks.js";
import { addCompletionCommand } from "./commands/completion.js";
import { addContractCommand } from "./commands/contract.js";
import { addDataCommand } from "./commands/data.js";
import { addDeadLettersCommand } from "./commands/dead-letters.js";
import { addDoctorCommand } from "./commands/doctor.js";
import { addErasureCommand } from "./commands/erasure.js";
import { addGenerateCommand } from "./commands/generate.js";
import { addJobsCommand } from "./commands/jobs.js";
import { addKeysCommand } from "./commands/keys.js";
import { addMigrateCommand } from "./commands/migrate.js";
import { addNoticesCommand } from "./commands/notices.js";
import { addPsqlCommand } from "./commands/psql.js";
import { addQuarantineCommand } from "./commands/quarantine.js";
import { addRunCommand } from "./commands/run.js";
import { addRunsCommand } from "./commands/runs.js";
import { addSchedulesCommand } from "./commands/schedules.js";
import { addStatusCommand } from "./commands/status.js";
import { addSubjectCommand } from "./commands/subject.js";
import { addTokensCommand } from "./commands/tokens.js";
import { addTraceCommand } from "./commands/trace.js";
import { addUpCommand } from "./commands/up.js";
import { EXIT, EXIT_CODES_HELP, type ExitCode, explainError } from "./exit-codes.js";
import { explainUsage } from "./usage-errors.js";

/**
 * Runs one `lethe` command to its end and returns its exit code. `args` are the arguments after the command's name.
 * Errors are explained on the terminal, never thrown.
 */
export async function runCli(
  args: readonly string[],
  context: Omit<CommandContext, "exitWith" | "datasets">,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.succeeded;
  const program = buildProgram({
    ...context,
    datasets: createDatasets(),
    exitWith: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync(hasNoCommand(args) ? [STATE_OF_THINGS, ...args] : args, { from: "user" });
    if (args.length === 0) context.terminal.note("\n`lethe --help` shows every command");
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.succeeded : EXIT.wrongUsage;
    const explanation = explainError(error);
    context.terminal.note(`lethe: ${explanation.message}`);
    return explanation.exitCode;
  }
}

const STATE_OF_THINGS = "status";

/** Reports whether the arguments name no command, and no question about the program itself. */
function hasNoCommand(args: readonly string[]): boolean {
  return args.every((arg) => arg === "--json" || arg === "--csv");
}

/** Builds the program with all its commands. */
export function buildProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command("lethe")
    .description("Loads a retailer's files into PostgreSQL, and forgets a person everywhere when asked to.")
    .version(VERSION)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .addHelpText("after", SETTINGS_HELP)
    .addHelpText("afterAll", EXIT_CODES_HELP);
  addUpCommand(program, context);
  addRunCommand(program, context);
  addRunsCommand(program, context);
  addBackfillCommand(program, context);
  addStatusCommand(program, context);
  addJobsCommand(program, context);
  addSchedulesCommand(program, context);
  addNoticesCommand(program, context);
  addQuarantineCommand(program, context);
  addChecksCommands(program, context);
  addDeadLettersCommand(program, context);
  addErasureCommand(program, context);
  addSubjectCommand(program, context);
  addKeysCommand(program, context);
  addTokensCommand(program, context);
  addAnalystCommand(program, context);
  addPsqlCommand(program, context);
  addTraceCommand(program, context);
  addContractCommand(program, context);
  addDataCommand(program, context);
  addDoctorCommand(program, context);
  addMigrateCommand(program, context);
  addGenerateCommand(program, context);
  addCompletionCommand(program, context);
  explainUsage(program);
  return program;
}

const SETTINGS_HELP = `
Settings, from the environment:
  DATABASE_URL, REDIS_URL  the servers; without them, those of the \`npm start\` that runs on DATA_DIR
  DATA_DIR                 folder of landing, processed and archived files (default: var)
  RAW_DATA_DIR             folder of input that \`lethe up\` copies (default: raw_data)
  LETHE_QUEUE_PREFIX       first part of Redis keys (default: lethe)
  LETHE_PRIVACY_KEY_FILE   file of the privacy keys (default: privacy.key in DATA_DIR)
  LETHE_SIGNING_KEY_FILE   file of the keys that sign receipts (default: signing.key in DATA_DIR)
  LETHE_API_TOKEN          a token of \`lethe tokens create\`, under whose name decisions are recorded
  LETHE_POLICY_FILE        masking policy (default: Lethe's own)
  LETHE_ERASURE_OUTCOME    what erasures leave if the policy does not say it (default: unlink)
Relative folders start at the root of the checkout.`;
