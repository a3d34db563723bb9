import { BACKFILL_SELECTIONS, type BackfillSelection } from "@lethe/contracts/backfills";
import type { DatasetName } from "@lethe/contracts/datasets";
import { InvalidInputError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { enqueueRun } from "@lethe/service-kit/enqueue";
import { openBackfill, planBackfill } from "@lethe/warehouse/ledger/open-backfill";
import { Argument, type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { type Connections, withConnections, withDatabase } from "../connections.js";
import { checkRange, integerBetween, parseJobs, parsePartitionOption } from "../parse-arguments.js";
import { formatBackfillPlan } from "../present/backfill-plan.js";
import { openEachRun } from "./run.js";

interface BackfillOptions {
  readonly from?: string;
  readonly to?: string;
  readonly only?: BackfillSelection;
  readonly maxFiles?: number;
  readonly maxBytes?: number;
  readonly force?: true;
  readonly dryRun?: true;
  readonly follow?: true;
  readonly json?: true;
}

const most = integerBetween(1, Number.MAX_SAFE_INTEGER);

/** Adds `lethe backfill`. */
export function addBackfillCommand(program: Command, context: CommandContext): void {
  const jobs = context.datasets.all.filter(({ erasure }) => erasure === undefined).map(({ name }) => name);
  program
    .command("backfill")
    .summary("load archived files again")
    .description(
      "Loads a range of partitions again from the archive, which stays as it is. What is there already changes nothing, and what is " +
        "in quarantine stays there. Live runs go first. Of several jobs each is followed to its end before the next is opened.",
    )
    .addArgument(new Argument("<job...>", "the jobs, or all").choices([...context.datasets.names, "all"]))
    .option("--from <time>", "first partition: YYYY-MM-DD (the whole day) or YYYY-MM-DDTHH", parsePartitionOption)
    .option("--to <time>", "last partition, itself included; the same forms", parsePartitionOption)
    .addOption(
      new Option("--only <partitions>", "only partitions that lack rows, or those whose last backfill failed").choices(
        BACKFILL_SELECTIONS,
      ),
    )
    .option("--max-files <files>", "at most so many files, in whole partitions, the earliest first; one at least", most)
    .option("--max-bytes <bytes>", "at most so many bytes of archived files, in the same way", most)
    .option("--force", "write processed files anew that look whole")
    .addOption(new Option("--dry-run", "print what would be taken, and change nothing").conflicts(["follow", "force"]))
    .option("--follow", "wait for each run's end and show how far it is")
    .option("--json", "print one line of JSON per job instead of text")
    .action(async (names: string[], options: BackfillOptions) => {
      const wanted = parseBackfilled(names, context.datasets, jobs);
      checkRange(options);
      if (options.dryRun === true) await printPlans(wanted, options, context);
      else await openBackfills(wanted, options, context);
    });
}

function parseBackfilled(names: readonly string[], datasets: Datasets, jobs: readonly DatasetName[]): DatasetName[] {
  const all = names.flatMap((name) => (name === "all" ? jobs : [name]));
  const wanted = parseJobs(all, datasets);
  const refused = wanted.find((job) => !jobs.includes(job));
  if (refused !== undefined) {
    throw new InvalidInputError(
      `there is no backfill of ${refused}: the archive keeps them without ids and emails; see lethe erasure reapply`,
    );
  }
  return wanted;
}

async function printPlans(
  jobs: readonly DatasetName[],
  options: BackfillOptions,
  { environment, datasets, terminal }: CommandContext,
): Promise<void> {
  const plans = await withDatabase(await databaseSetting(environment), async (pool) => {
    const found = [];
    for (const job of jobs) found.push(await planBackfill(pool, datasets.get(job), options));
    return found;
  });
  if (options.json === true) for (const plan of plans) terminal.print(JSON.stringify(plan));
  else terminal.print(plans.map(formatBackfillPlan).join("\n\n"));
}

async function openBackfills(
  jobs: readonly DatasetName[],
  options: BackfillOptions,
  { environment, datasets, terminal, exitWith }: CommandContext,
): Promise<void> {
  const open = async ({ pool, queues }: Connections, job: DatasetName) => {
    const runId = await openBackfill(pool, datasets.get(job), { ...options, trigger: "cli" });
    await enqueueRun(queues, runId, "backfill");
    return runId;
  };
  const follow = options.follow === true || jobs.length > 1;
  const requests = jobs.map((job) => ({ job, open: (connections: Connections) => open(connections, job) }));
  const settings = await connectionSettings(environment);
  const code = await withConnections(settings, (connections) =>
    openEachRun(connections, requests, { follow, json: options.json === true }, terminal),
  );
  exitWith(code);
}
