import type { DatasetName } from "@lethe/contracts/datasets";
import type { Erasure } from "@lethe/contracts/erasures";
import type { RunDetail } from "@lethe/contracts/runs";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { followWithProgress } from "../commands/run.js";
import type { Connections } from "../connections.js";
import { openAndEnqueue, restoreActiveRuns, runToEnd } from "../open-runs.js";
import type { ReceiptNumbers } from "../present/erasures.js";
import { erasuresOfRuns } from "../run-erasures.js";
import type { Terminal } from "../terminal.js";
import { untilDatabaseAnswers } from "./until-database-answers.js";

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
 * been what a quarantined transaction waited for. A database that goes away and comes back is waited for. Throws the signal's reason when that aborts.
 */
export async function runAllJobs(
  connections: Connections,
  datasets: readonly DatasetName[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<AllJobsResult> {
  const { pool } = connections;
  const persist = <T>(work: () => Promise<T>) => untilDatabaseAnswers(pool, work, terminal, signal);
  const runs: RunDetail[] = [];
  const follow = async (runId: string) => {
    const run = await persist(() => followWithProgress(connections, runId, terminal, signal));
    runs.push(run);
    return run;
  };
  const own: RunDetail[] = [];
  await persist(() => restoreActiveRuns(connections));
  for (const job of datasets) {
    own.push(
      await persist(() => runToEnd(() => openAndEnqueue(connections, { job, kind: "files", trigger: "cli" }), follow)),
    );
  }
  for (;;) {
    const replay = (await persist(() => readActiveRuns(pool))).find((run) => run.kind === "replay");
    if (replay === undefined) break;
    own.push(await follow(replay.runId));
  }
  const { erasures, numbers } = await persist(() => erasuresOfRuns(pool, runs));
  return { runs, erasures, receiptNumbers: numbers, own };
}
