import type { DatasetName } from "@lethe/contracts/datasets";
import { printable } from "@lethe/contracts/printable";
import type { Notice } from "@lethe/contracts/runs";
import { readLastRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import type { Pool } from "@lethe/warehouse/pool";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { parseRunId } from "../parse-arguments.js";
import { printCsv } from "../print-csv.js";

interface NoticesOptions {
  readonly json?: true;
  readonly csv?: true;
}

interface RunNotice extends Notice {
  readonly job: DatasetName;
  readonly runId: string;
}

/** Adds `lethe notices`. */
export function addNoticesCommand(program: Command, context: CommandContext): void {
  program
    .command("notices")
    .summary("list every file and folder that runs did not take or have a remark on")
    .description(
      "Lists all notices of a run, or of each job's last run: files and folders of landing that were not taken, empty and " +
        "unreadable files, with the reason. What looks like an email or an id in a name that no dataset has is left out.",
    )
    .argument("[run]", "the run's id", parseRunId)
    .option("--json", "print one line of JSON per notice instead of text")
    .addOption(new Option("--csv", "print CSV instead of text").conflicts("json"))
    .action(async (runId: string | undefined, { json, csv }: NoticesOptions) => {
      const { environment, terminal } = context;
      const notices = await withDatabase(await databaseSetting(environment), (pool) => readNotices(pool, runId));
      if (json === true) for (const notice of notices) terminal.print(JSON.stringify(notice));
      else if (csv === true) printCsv(terminal, TITLES, notices.map(cellsOf));
      else terminal.print(notices.length === 0 ? "no notices" : notices.map(lineOf).join("\n"));
    });
}

async function readNotices(pool: Pool, runId: string | undefined): Promise<RunNotice[]> {
  const ids = runId === undefined ? [...(await readLastRuns(pool)).values()].map(({ id }) => id) : [runId];
  const notices: RunNotice[] = [];
  for (const id of ids) {
    const run = await readRun(pool, id);
    for (const notice of run.notices) notices.push({ job: run.job, runId: run.id, ...notice });
  }
  return notices;
}

const TITLES = ["job", "runId", "code", "path", "message"] as const;

function cellsOf({ job, runId, code, path, message }: RunNotice): string[] {
  return [job, runId, code, path, message];
}

function lineOf({ job, code, path, message }: RunNotice): string {
  return `${job}: ${printable(path)}: ${printable(message)} (${code})`;
}
