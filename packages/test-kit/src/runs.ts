import { isActive, type Run, type RunDetail } from "@lethe/contracts/runs";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { followRun } from "@lethe/warehouse/ledger/follow-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { listenToRun } from "@lethe/warehouse/ledger/run-events";
import { expect } from "vitest";
import { COUNTED_DATASETS, type CountedDataset } from "./plain-count.js";
import type { World } from "./world.js";

/** Runs all four jobs by the command line, each to its end; requires that they succeed, and the exit code (5: something was not taken). */
export async function runAllByCommand(world: World, expectedCode = 0): Promise<Readonly<Record<CountedDataset, Run>>> {
  const { code, out, err } = await world.lethe("run", "all", "--follow", "--json");
  expect(code, err).toBe(expectedCode);
  const runs = out
    .trim()
    .split("\n")
    .map((line): Run => JSON.parse(line));
  expect(runs.map((run) => run.job)).toEqual(COUNTED_DATASETS);
  return Object.fromEntries(runs.map((run) => [run.job, run])) as Record<CountedDataset, Run>;
}

/** Opens a run by the API and returns its id. */
export async function openByApi(world: World, job: CountedDataset, request: object = {}): Promise<string> {
  const { status, body } = await world.api("POST", `/jobs/${job}/runs`, request);
  expect(status, JSON.stringify(body)).toBe(202);
  return (body as { id: string }).id;
}

/** Runs a job by the API to its end and returns the run, whatever its end. */
export async function runByApi(world: World, job: CountedDataset, request: object = {}): Promise<RunDetail> {
  return untilClosed(world, await openByApi(world, job, request));
}

/** Runs jobs by the API, one after the other; requires that each succeeds, without warnings. */
export async function succeed(world: World, ...jobs: CountedDataset[]): Promise<RunDetail[]> {
  const runs: RunDetail[] = [];
  for (const job of jobs) {
    const run = await runByApi(world, job);
    expect(run.state, JSON.stringify(run)).toBe("succeeded");
    runs.push(run);
  }
  return runs;
}

/** Waits for a run's end. */
export function untilClosed(world: World, runId: string): Promise<RunDetail> {
  return followRun(world.pool, runId, () => undefined);
}

/** Waits for the end of every open run, and of those that they set off; returns them. */
export async function settle(world: World): Promise<RunDetail[]> {
  const ended: RunDetail[] = [];
  for (;;) {
    const [next] = await readActiveRuns(world.pool);
    if (next === undefined) return ended;
    ended.push(await untilClosed(world, next.runId));
  }
}

/** Waits until a run is as wanted. Throws when it closes before it ever was. */
export async function untilRun(world: World, runId: string, isWanted: (run: RunDetail) => boolean): Promise<RunDetail> {
  const listener = await listenToRun(world.pool, runId);
  try {
    for (;;) {
      const run = await readRun(world.pool, runId);
      if (isWanted(run)) return run;
      if (!isActive(run.state)) throw new Error(`run ${runId} closed before it was as wanted: ${JSON.stringify(run)}`);
      await listener.nextChange();
    }
  } finally {
    await listener.stop();
  }
}
