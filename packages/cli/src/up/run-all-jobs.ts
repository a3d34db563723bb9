import type { DatasetName } from "@lethe/contracts/datasets";
import type { Erasure } from "@lethe/contracts/erasures";
import type { RunDetail } from "@lethe/contracts/runs";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { followWithProgress } from "../commands/run.js";
import type { Connections } from "../connections.js";
import { restoreActiveRuns, runToEnd } from "../open-runs.js";
import type { ReceiptNumbers } from "../present/erasures.js";
import { erasuresOfRuns } from "../run-erasures.js";
import type { Terminal } from "../terminal.js";

export interface AllJobsResult {
  /** Every run that was followed, in their order: those that were open already and replays among them. */
  readonly runs: readonly RunDetail[];
  /** What those runs have erased. */
  readonly erasures: readonly Erasure[];
  readonly receiptNumbers: ReceiptNumbers;
  /** Of those runs, the ones that this command opened and their replays: what becomes of them is its exit code. */
  readonly own: readonly RunDetail[];
}

/**
 * Runs each job once, one after the other, and then waits for replays that they set off: a new customer may have
 * been what a quarantined transaction waited for. Throws the signal's reason when that aborts.
 */
export async function runAllJobs(
  connections: Connections,
  datasets: readonly DatasetName[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<AllJobsResult> {
  const runs: RunDetail[] = [];
  const follow = async (runId: string) => {
    const run = await followWithProgress(connections, runId, terminal, signal);
    runs.push(run);
    return run;
  };
  const own: RunDetail[] = [];
  await restoreActiveRuns(connections);
  for (const job of datasets) {
    own.push(await runToEnd(connections, { job, kind: "files", trigger: "cli" }, follow));
  }
  for (;;) {
    const replay = (await readActiveRuns(connections.pool)).find((run) => run.kind === "replay");
    if (replay === undefined) break;
    own.push(await follow(replay.runId));
  }
  const { erasures, numbers } = await erasuresOfRuns(connections.pool, runs);
  return { runs, erasures, receiptNumbers: numbers, own };
}
