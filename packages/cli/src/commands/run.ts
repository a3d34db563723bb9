import type { DatasetName } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import { parseRangeEnd } from "@lethe/contracts/partition";
import type { RunDetail } from "@lethe/contracts/runs";
import { RUN_SERVICES, SERVICE_JOBS } from "@lethe/contracts/services";
import { planRun } from "@lethe/landing/plan-run";
import type { Queues } from "@lethe/service-kit/queues";
import { isRedisReply } from "@lethe/service-kit/redis-errors";
import { followRun } from "@lethe/warehouse/ledger/follow-run";
import type { RunRequest } from "@lethe/warehouse/ledger/open-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { Argument, type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { type Connections, withConnections, withDatabase } from "../connections.js";
import { openDataStorage } from "../erasure-context.js";
import { EXIT, type ExitCode, exitCodeOf } from "../exit-codes.js";
import { openAndEnqueue, restoreActiveRuns, runToEnd } from "../open-runs.js";
import { checkRange, parseJobs, parsePartitionOption } from "../parse-arguments.js";
import { createProgress } from "../present/progress.js";
import { formatRunPlans } from "../present/run-plan.js";
import { formatRuns, withoutDetails } from "../present/runs.js";
import type { Terminal } from "../terminal.js";

interface RunOptions {
  readonly from?: string;
  readonly to?: string;
  readonly force?: true;
  readonly dryRun?: true;
  readonly follow?: true;
  readonly json?: true;
}

/** Adds `lethe run`. */
export function addRunCommand(program: Command, context: CommandContext): void {
  program
    .command("run")
    .summary("open runs of jobs")
    .description(
      "Opens a run of each job in the given order, by way of the queues: the extractor, transformer and loader services " +
        "must be there to work on it, the scheduler need not. With --follow each run is followed to its end before the " +
        "next is opened; interrupting that ends the watching, never the run.",
    )
    .addArgument(new Argument("<job...>", "the jobs, or all").choices([...context.datasets.names, "all"]))
    .option("--from <time>", "first hour of input: YYYY-MM-DD (the whole day) or YYYY-MM-DDTHH", parsePartitionOption)
    .option("--to <time>", "last hour of input, itself included; the same forms", parsePartitionOption)
    .option("--force", "take files again that were loaded before")
    .addOption(
      new Option("--dry-run", "print what lies in landing and would be taken, and change nothing").conflicts([
        "follow",
        "force",
      ]),
    )
    .option("--follow", "wait for each run's end and show how far it is")
    .option("--json", "print one line of JSON per run instead of text")
    .action(async (names: string[], options: RunOptions) => {
      const jobs = parseJobs(names, context.datasets);
      checkRange(options);
      if (options.dryRun === true) return printPlans(jobs, options, context);
      const settings = await connectionSettings(context.environment);
      const requests = jobs.map((job) => toRequest(job, options));
      const code = await withConnections(settings, (connections) =>
        openRuns(connections, requests, options, context.terminal),
      );
      context.exitWith(code);
    });
}

async function printPlans(
  jobs: readonly DatasetName[],
  { from, to, json }: RunOptions,
  { environment, datasets, terminal }: CommandContext,
): Promise<void> {
  const storage = openDataStorage(environment);
  const ends = { from: from && parseRangeEnd(from, "from"), to: to && parseRangeEnd(to, "to") };
  const range = { ...(ends.from && { from: ends.from }), ...(ends.to && { to: ends.to }) };
  const plans = await withDatabase(await databaseSetting(environment), async (db) => {
    const found = [];
    for (const job of jobs) found.push(await planRun({ storage, db }, { job, datasets: datasets.names, range }));
    return found;
  });
  if (json === true) for (const plan of plans) terminal.print(JSON.stringify(plan));
  else terminal.print(formatRunPlans(plans));
}

function toRequest(job: DatasetName, options: RunOptions): RunRequest {
  return { job, kind: "files", trigger: "cli", from: options.from, to: options.to, force: options.force };
}

/**
 * Opens the requested runs in order, followed or not, and shows what came of them. Returns the exit code: the job with
 * an active run does not keep the others from being opened.
 */
export async function openRuns(
  connections: Connections,
  requests: readonly RunRequest[],
  options: { readonly follow?: true; readonly json?: true },
  terminal: Terminal,
): Promise<ExitCode> {
  return openEachRun(
    connections,
    requests.map((request) => ({ job: request.job, open: (own) => openAndEnqueue(own, request) })),
    { follow: options.follow === true, json: options.json === true },
    terminal,
  );
}

/** A run that is to be opened. */
export interface RunToOpen {
  readonly job: DatasetName;
  /** Opens it, enqueues it and returns its id. Throws RunActiveError. */
  open(connections: Connections): Promise<string>;
}

/** Does what `openRuns` does for runs of any kind. */
export async function openEachRun(
  connections: Connections,
  runs: readonly RunToOpen[],
  options: { readonly follow: boolean; readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (runs.length === 0) return EXIT.succeeded;
  await restoreActiveRuns(connections);
  await warnOfMissingServices(connections, terminal);
  return options.follow
    ? followEach(connections, runs, options.json, terminal)
    : openEach(connections, runs, options.json, terminal);
}

async function openEach(
  connections: Connections,
  runs: readonly RunToOpen[],
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.succeeded;
  for (const { job, open } of runs) {
    try {
      const runId = await open(connections);
      const run = await readRun(connections.pool, runId);
      terminal.print(json ? JSON.stringify(withoutDetails(run)) : `${job} ${runId}`);
    } catch (error) {
      if (!(error instanceof RunActiveError)) throw error;
      terminal.note(`${error.message}; wait for it or use --follow`);
      code = EXIT.runActive;
    }
  }
  return code;
}

async function followEach(
  connections: Connections,
  runs: readonly RunToOpen[],
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const ended: RunDetail[] = [];
  for (const { open } of runs) {
    const run = await runToEnd(
      () => open(connections),
      (runId) => followWithProgress(connections, runId, terminal),
    );
    ended.push(run);
    if (json) terminal.print(JSON.stringify(withoutDetails(run)));
  }
  if (!json) terminal.print(formatRuns(ended));
  return exitCodeOf(ended);
}

/** Follows a run to its end with its progress on the terminal. */
export async function followWithProgress(
  { pool }: Pick<Connections, "pool">,
  runId: string,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<RunDetail> {
  const progress = createProgress(terminal);
  try {
    return await followRun(pool, runId, (run) => progress.show(run), signal);
  } finally {
    progress.stop();
  }
}

/** Follows a run to its end if that is wanted, and returns it as it then is. */
export function seeTo(
  connections: Pick<Connections, "pool">,
  runId: string,
  options: { readonly follow?: true },
  terminal: Terminal,
): Promise<RunDetail> {
  return options.follow === true ? followWithProgress(connections, runId, terminal) : readRun(connections.pool, runId);
}

/** Prints what became of runs that were followed, and of others their ids. */
export function printRuns(
  runs: readonly RunDetail[],
  options: { readonly follow?: true; readonly json?: true },
  terminal: Terminal,
): void {
  if (options.json === true) for (const run of runs) terminal.print(JSON.stringify(withoutDetails(run)));
  else if (options.follow !== true) for (const run of runs) terminal.print(`${run.job} ${run.id}`);
  else if (runs.length > 0) terminal.print(formatRuns(runs));
}

/** Warns of the services that are not running and that runs will wait for. */
export async function warnOfMissingServices(
  { queues }: Pick<Connections, "queues">,
  terminal: Terminal,
): Promise<void> {
  const missing = await missingServices(queues).catch((error: unknown) => {
    // A hosted Redis may forbid to ask who is connected.
    if (isRedisReply(error)) return [];
    throw error;
  });
  if (missing.length === 0) return;
  terminal.note(
    `not running at the moment: ${missing.join(", ")}; runs wait until they are (npm start, or the services)`,
  );
}

/** Returns the services that work on runs and of which none is connected to all of its queues. */
async function missingServices(queues: Queues): Promise<string[]> {
  const missing: string[] = [];
  for (const service of RUN_SERVICES) {
    const workers = await Promise.all(SERVICE_JOBS[service].map((job) => queues.byJob[job].getWorkersCount()));
    if (workers.includes(0)) missing.push(service);
  }
  return missing;
}
