import { InvalidInputError, LateAnswerError, RunStateError } from "@lethe/contracts/errors";
import type { QuarantineFilter, ReplayPlan } from "@lethe/contracts/quarantine";
import { hasSucceeded, isActive, type RunTrigger } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { cancelRun } from "@lethe/warehouse/ledger/change-run";
import { followRun } from "@lethe/warehouse/ledger/follow-run";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { type SelectedReplay, selectReplays } from "./select-replays.js";

/** How many records a plan tries of a dataset at most: as many as one batch holds, so that duplicates of each other are among them. */
export const MOST_PLANNED = 10_000;

const USUAL_SECONDS = 60;

/** What a plan needs to open runs and to have them worked on. */
export interface PlanContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
  /** Enqueues a plan's run. */
  readonly start: (runId: string) => Promise<void>;
  /** Enqueues what is left to do for a run that was cancelled. */
  readonly finish: (runId: string) => Promise<void>;
}

/** What is to be planned, and for how long it is worth waiting. */
export interface PlanRequest {
  readonly filter: QuarantineFilter;
  /** The most records of each dataset. */
  readonly limit?: number | undefined;
  readonly trigger: RunTrigger;
  readonly seconds?: number;
}

/**
 * Has the services try the records that a filter means as a replay would, and take everything back: returns what would become of them,
 * by dataset. Throws RunActiveError while another plan of a dataset is at work, RunStateError when one failed, and LateAnswerError,
 * with nothing left behind, when the services do not come to it in time.
 */
export async function planReplays(context: PlanContext, request: PlanRequest): Promise<ReplayPlan[]> {
  const { pool, datasets } = context;
  const { filter, limit = MOST_PLANNED, trigger, seconds = USUAL_SECONDS } = request;
  const requests = datasets.requests.name;
  if (filter.dataset === requests) {
    throw new InvalidInputError(
      `there is no plan of ${requests}: a person decides on them; see lethe erasure requests`,
    );
  }
  const opened = await inTransaction(pool, async (client) => {
    const found: OpenedPlan[] = [];
    for (const selected of await selectReplays(client, datasets, filter, Math.min(limit, MOST_PLANNED))) {
      const { job, replayFilter, takes } = selected;
      if (job === requests) continue;
      const runId = takes === 0 ? null : await openRun(client, { job, kind: "plan", trigger, replayFilter });
      found.push({ ...selected, runId });
    }
    return found;
  });
  const late = AbortSignal.timeout(seconds * 1_000);
  try {
    // Each takes back what it has tried, so none is in another's way; but they refer to what is there.
    for (const { runId } of opened) if (runId !== null) await context.start(runId);
    const plans: ReplayPlan[] = [];
    for (const plan of opened) plans.push(await readPlan(pool, plan, late));
    return plans;
  } catch (error) {
    await cancelAll(context, opened);
    if (!late.aborted) throw error;
    throw new LateAnswerError(
      `the plan was not done within ${seconds} seconds and is cancelled; ask for fewer records`,
    );
  }
}

interface OpenedPlan extends SelectedReplay {
  readonly runId: string | null;
}

async function readPlan(pool: Pool, { job, runId, leaves }: OpenedPlan, late: AbortSignal): Promise<ReplayPlan> {
  if (runId === null) return { job, runId, takes: 0, leaves, loads: 0, rejects: 0, rejectedByReason: {} };
  const { state, records, error } = await followRun(pool, runId, () => undefined, late);
  if (!hasSucceeded(state))
    throw new RunStateError(`the plan ${runId} is ${state}${error === null ? "" : `: ${error.message}`}`);
  const { in: takes, loaded: loads, rejected: rejects, rejectedByReason } = records;
  return { job, runId, takes, leaves, loads, rejects, rejectedByReason };
}

async function cancelAll({ pool, finish }: PlanContext, plans: readonly OpenedPlan[]): Promise<void> {
  for (const { runId } of plans) {
    if (runId === null || !isActive((await readRun(pool, runId, 0)).state)) continue;
    try {
      await cancelRun(pool, runId);
    } catch (error) {
      // It has closed meanwhile.
      if (!(error instanceof RunStateError)) throw error;
    }
    await finish(runId);
  }
}
