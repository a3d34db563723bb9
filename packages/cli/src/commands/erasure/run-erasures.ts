import type { DatasetName } from "@lethe/contracts/datasets";
import type { Erasure } from "@lethe/contracts/erasures";
import { RunActiveError } from "@lethe/contracts/errors";
import { hasSucceeded, type RunDetail, type RunKind } from "@lethe/contracts/runs";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import type { Connections } from "../../connections.js";
import { EXIT, type ExitCode } from "../../exit-codes.js";
import { openAndEnqueue, restoreActiveRuns, runToEnd } from "../../open-runs.js";
import { formatErasures } from "../../present/erasures.js";
import { formatRuns, withoutDetails } from "../../present/runs.js";
import { erasuresOfRuns } from "../../run-erasures.js";
import type { Terminal } from "../../terminal.js";
import { followWithProgress, warnOfMissingServices } from "../run.js";

/** A run of erasure requests that is to be opened, and how what comes of it is printed. */
export interface ErasureRunRequest {
  readonly dataset: DatasetName;
  readonly kind: RunKind;
  /** What the JSON says besides the runs and erasures; false for text. */
  readonly json: Readonly<Record<string, unknown>> | false;
}

/**
 * Opens a run of erasure requests and prints its id. If a run of this kind is active already, explains that the next
 * run takes the waiting requests, and returns the exit code for that case.
 */
export async function startErasureRun(
  connections: Connections,
  { dataset, kind, json }: ErasureRunRequest,
  { print, note }: Terminal,
): Promise<ExitCode> {
  try {
    const runId = await openAndEnqueue(connections, { job: dataset, kind, trigger: "cli" });
    if (json === false) print(`${dataset} ${runId}`);
    else print(JSON.stringify({ ...json, runs: [withoutDetails(await readRun(connections.pool, runId))] }));
    return EXIT.succeeded;
  } catch (error) {
    if (!(error instanceof RunActiveError)) throw error;
    if (json !== false) print(JSON.stringify({ ...json, runs: [] }));
    note(
      `${error.message}; what is handed in now is kept, and taken by the next run: the scheduler opens it by itself`,
    );
    return EXIT.runActive;
  }
}

/** Runs erasure requests to the end of their run, and prints the run and its erasures with their receipts' numbers. */
export async function followErasureRun(
  connections: Connections,
  { dataset, kind, json }: ErasureRunRequest,
  terminal: Terminal,
): Promise<{ readonly code: ExitCode; readonly runs: readonly RunDetail[]; readonly erasures: readonly Erasure[] }> {
  const runs: RunDetail[] = [];
  const own = await runToEnd(
    () => openAndEnqueue(connections, { job: dataset, kind, trigger: "cli" }),
    async (runId) => {
      const run = await followWithProgress(connections, runId, terminal);
      runs.push(run);
      return run;
    },
  );
  // The run that was open before may have been the one that took the request.
  const { erasures, numbers } = await erasuresOfRuns(connections.pool, runs);
  if (json !== false) {
    const withNumbers = erasures.map((erasure) => ({ ...erasure, receiptNumber: numbers.get(erasure.id) ?? null }));
    terminal.print(JSON.stringify({ ...json, runs: runs.map(withoutDetails), erasures: withNumbers }));
  } else {
    terminal.print(formatRuns(runs));
    if (erasures.length > 0) terminal.print(`\n${formatErasures(erasures, numbers)}`);
  }
  return { code: hasSucceeded(own.state) ? EXIT.succeeded : EXIT.failed, runs, erasures };
}

/** Prepares a run of erasure requests: enqueues lost work again and warns about services that are not running. */
export async function prepareErasureRun(connections: Connections, terminal: Terminal): Promise<void> {
  await restoreActiveRuns(connections);
  await warnOfMissingServices(connections, terminal);
}
