import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import type { Run } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { listErasures } from "@lethe/warehouse/erasures/read-erasures";
import { listRequests } from "@lethe/warehouse/erasures/requests";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { countQuarantine, type QuarantineCount } from "@lethe/warehouse/ledger/quarantine";
import { readLastRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import { readSchemaChanges } from "@lethe/warehouse/ledger/schema-changes";
import type { Pool } from "@lethe/warehouse/pool";
import { describeRollback, findRollback } from "@lethe/warehouse/proof/known-checkpoints";
import { type Command, Option } from "commander";
import { withCheckpointStores } from "../checkpoint-stores.js";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { withoutDetails } from "../present/runs.js";
import { formatStatus, type JobStatus, STATUS_TITLES, statusCells } from "../present/status.js";
import { printCsv } from "../print-csv.js";

/** More than this many open erasures are no list to read; the newest stand for them. */
const MOST_OPEN_ERASURES = 10_000;

/** A Redis that does not answer is no matter of the status: it is not asked for anything else. */
const SILENT = { note: () => undefined };

/** Adds `lethe status`. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  program
    .command("status")
    .summary("show the jobs' last and active runs, changed fields, open requests, and what waits in quarantine")
    .description(
      "Shows each job's last run, its counts and the fields that differed from the contract, the active runs, the open records in quarantine by reason, and the open " +
        "requests to be forgotten with the day by which each must be answered.",
    )
    .option("--json", "print one line of JSON per job instead of text")
    .addOption(new Option("--csv", "print CSV instead of text, a line per job").conflicts("json"))
    .action(async (options: { readonly json?: true; readonly csv?: true }) => {
      const { environment } = context;
      const { jobs, rollback } = await withDatabase(await databaseSetting(environment), async (pool) => ({
        jobs: await readStatus(pool, context.datasets),
        rollback: await withCheckpointStores(environment, SILENT, (stores) => findRollback(pool, stores)),
      }));
      if (rollback !== undefined) context.terminal.note(`warning: ${describeRollback(rollback)}`);
      if (options.csv === true) return printCsv(context.terminal, STATUS_TITLES, jobs.map(statusCells));
      if (options.json !== true) return context.terminal.print(formatStatus(jobs));
      for (const job of jobs) context.terminal.print(JSON.stringify(job));
    });
}

async function readStatus(pool: Pool, { names, requests }: Datasets): Promise<JobStatus[]> {
  const lastRuns = await readLastRuns(pool);
  const changes = await readSchemaChanges(
    pool,
    [...lastRuns.values()].map(({ id }) => id),
  );
  const activeRuns: Run[] = [];
  for (const { runId } of await readActiveRuns(pool)) activeRuns.push(withoutDetails(await readRun(pool, runId)));
  const counts = await countQuarantine(pool);
  const { erasures } = await listErasures(pool, { state: "suppressed", limit: MOST_OPEN_ERASURES });
  const open = await listRequests(pool, requests.name, { open: true, limit: MOST_OPEN_ERASURES });
  return names.map((job) => ({
    job,
    lastRun: lastRuns.get(job) ?? null,
    schemaChanges: changes.get(lastRuns.get(job)?.id ?? "") ?? [],
    activeRuns: activeRuns.filter((run) => run.job === job),
    openQuarantine: openByReason(counts.filter((count) => count.dataset === job)),
    ...(job === requests.name && { pendingErasures: erasures.reverse(), openRequests: open.requests.reverse() }),
  }));
}

function openByReason(counts: readonly QuarantineCount[]): RejectCounts {
  return Object.fromEntries(
    counts.filter((count) => count.status === "open").map((count) => [count.reason, count.records]),
  );
}
