import type { DatasetName } from "@lethe/contracts/datasets";
import { StagedObjectError } from "@lethe/contracts/errors";
import type { JobPayload, JobResult } from "@lethe/contracts/jobs";
import { isActive, type LoadingKind } from "@lethe/contracts/runs";
import { completeErasures } from "@lethe/erasure/complete-erasures";
import { maskQuarantinedFiles, maskReplayedFiles } from "@lethe/erasure/mask-arrived-files";
import { restoreEmptiedRows } from "@lethe/erasure/restore-emptied-rows";
import type { Checks } from "@lethe/quality/checks-file";
import { judgeRun } from "@lethe/quality/judge-run";
import { enqueueFinish, enqueueRun } from "@lethe/service-kit/enqueue";
import type { Logger } from "@lethe/service-kit/logger";
import { returnClaimed } from "@lethe/storage/claimed-files";
import { forgetReplacementsOfRun } from "@lethe/warehouse/erasures/erased-records";
import { pendingErasures } from "@lethe/warehouse/erasures/erasure-work";
import { isWholeBackfill } from "@lethe/warehouse/ledger/backfill-output";
import {
  closeRun,
  isAllLoaded,
  type JudgeRun,
  overtakenRuns,
  startFinish,
  type Verdict,
} from "@lethe/warehouse/ledger/change-run";
import { heldPaths } from "@lethe/warehouse/ledger/closed-runs";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import { forgetStaged } from "@lethe/warehouse/ledger/staged-bytes";
import { type Client, inTransaction } from "@lethe/warehouse/pool";
import { countPartitions } from "@lethe/warehouse/quality/count-partitions";
import { archiveFiles } from "./archive-files.js";
import { closeSuperseded } from "./close-superseded.js";
import type { LoaderContext } from "./context.js";
import { openReplays } from "./open-replays.js";
import { publishBackfill } from "./publish-backfill.js";
import { publishRun } from "./publish-run.js";
import { sendBackLostOutput } from "./send-back-lost-output.js";

/**
 * Does the job `finish`: publishes what the run loaded, archives its raw files, removes what it staged, completes the
 * erasures that it brought, and closes it. A run that failed or was cancelled keeps what it staged, for a retry, until
 * later runs have overtaken it or an erasure begins. Every step can be done again after a crash. A run with open batches
 * is left alone: its last batch asks again. So is one whose erasures wait for older runs: the end of those asks again.
 * When `signal` aborts, it ends before the next step.
 */
export async function finishJob(
  loader: LoaderContext,
  { runId }: JobPayload<"finish">,
  log: Logger,
  signal: AbortSignal,
): Promise<JobResult<"finish">> {
  // Where a crash does no harm, a stop does none.
  const onStep = (step: string) => {
    signal.throwIfAborted();
    loader.onStep?.(step);
  };
  const context: LoaderContext = { ...loader, onStep };
  const startedAt = performance.now();
  const stage = await startFinish(context.pool, runId);
  if (stage === undefined) return { state: "open" };
  const { dataset, kind } = await readRunRequest(context.pool, runId);
  context.onStep?.("finish begins");
  if (kind !== "plan") {
    const isPublished = await publishLoaded(context, { runId, dataset, kind }, log, signal);
    if (!isPublished) return { state: "open" };
    context.onStep?.("published");
    await archiveFiles(context, runId, dataset, log);
    context.onStep?.("archived");
    await maskQuarantinedFiles(context, runId, dataset);
    if (kind !== "files") await maskReplayedFiles(context, runId, dataset);
  }
  const isOfRequests = dataset === context.datasets.requests.name;
  // Requests hold ids and emails in plain: of these nothing is kept for a retry, which would begin with the file again.
  const isDone = stage === "finishing" && (await isAllLoaded(context.pool, runId));
  const useless = await overtakenRuns(context.pool, dataset);
  if (isDone || isOfRequests || kind === "plan") useless.push(runId);
  for (const staged of useless) await context.staging.removeRun(staged);
  await forgetStaged(context.pool, useless);
  if (isOfRequests || (isDone && (await isAwaitedByErasures(context, runId)))) {
    await completeErasures({ ...context, finishingRun: runId }, log);
    // Loads go on meanwhile: the erasures that other runs have begun are completed by the end of those that they wait for.
    if (isOfRequests && stage === "finishing" && (await hasPendingErasure(context, runId))) return { state: stage };
  }
  if (kind === "backfill" && isDone) await restoreEmptied(context, runId, dataset);
  context.onStep?.("about to close");
  const { state, replays } = await inTransaction(context.pool, async (client) => {
    const state = await closeRun(client, runId, performance.now() - startedAt, judgeBy(context.checks));
    if (!isActive(state)) await returnIncomplete(context, client, runId);
    if (!isActive(state) && kind !== "replay" && kind !== "plan") {
      await countPartitions(client, runId, context.datasets.checkedFields.get(dataset) ?? []);
    }
    await forgetReplacementsOfRun(client, runId);
    if (kind === "plan") return { state, replays: [] };
    await closeSuperseded(client, runId, context.datasets.get(dataset), context.lookedAtUpTo);
    // What a replay failed at would fail the next one, too, and so on without end; the next run of files asks again.
    const isVain = kind === "replay" && state === "failed";
    return { state, replays: isVain ? [] : await openReplays(client, context.datasets) };
  });
  for (const replay of replays) await enqueueRun(context.queues, replay, "replay");
  await resumeErasures(context, log);
  return { state };
}

/** Publishes what a run has loaded. Returns false when some of it was lost, and is being made again. */
async function publishLoaded(
  context: LoaderContext,
  { runId, dataset, kind }: { readonly runId: string; readonly dataset: DatasetName; readonly kind: LoadingKind },
  log: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    if (kind === "backfill") await publishBackfill(context, runId, dataset, { whenBusy: "wait", isLast: true, signal });
    else await publishRun(context, runId, dataset, log, { whenBusy: "wait", signal });
    return true;
  } catch (error) {
    const isLost = error instanceof StagedObjectError && (await sendBackLostOutput(context, runId, log)) > 0;
    if (!isLost) throw error;
    return false;
  }
}

/** What a replay or a backfill tries again was counted when it first came: it waits for others, and fails for no new reason. */
function judgeBy(checks: Checks): JudgeRun {
  return (counts, { job, kind }) => {
    const thresholds = checks.get(job)?.thresholds;
    return kind !== "files" || thresholds === undefined ? SUCCEEDED : judgeRun(counts, thresholds);
  };
}

const SUCCEEDED: Verdict = { state: "succeeded", findings: [] };

/** Puts back the rows that no file leads to, once a backfill has loaded all that the archive has of a dataset. */
async function restoreEmptied({ pool, datasets }: LoaderContext, runId: string, dataset: DatasetName): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (await isWholeBackfill(client, runId, dataset)) await restoreEmptiedRows(client, datasets.get(dataset));
  });
}

/** Puts back into landing what a run has claimed and not completed: a later run, or a retry, takes it. */
async function returnIncomplete({ storage }: LoaderContext, client: Client, runId: string): Promise<void> {
  for (const { path, newPath } of await returnClaimed(storage, runId, await heldPaths(client, runId)))
    await addNotice(client, runId, "file_renamed", path, `It is ${newPath} now.`);
}

/** Reports whether this run is all that erasures still wait for: those that it has begun, or that closed runs have left behind. */
async function isAwaitedByErasures({ pool, datasets }: LoaderContext, runId: string): Promise<boolean> {
  const open = await pendingErasures(pool, datasets.requests.name, runId);
  return open.some(({ waits, isDue, isOrphaned, runId: own }) => !waits && isDue && (isOrphaned || own === runId));
}

/**
 * Reports whether an erasure that a run has brought or begun is not completed. One that has failed does not count: it is tried
 * again later, and the run does not wait for it.
 */
async function hasPendingErasure({ pool, datasets }: LoaderContext, runId: string): Promise<boolean> {
  const open = await pendingErasures(pool, datasets.requests.name);
  return open.some((erasure) => erasure.runId === runId && !erasure.hasFailed);
}

/** The run that has just closed may be what erasures have waited for. */
async function resumeErasures(context: LoaderContext, log: Logger): Promise<void> {
  const open = await pendingErasures(context.pool, context.datasets.requests.name);
  const ready = open.filter(({ waits, isDue }) => !waits && isDue);
  if (ready.some(({ isOrphaned }) => isOrphaned)) await completeErasures(context, log);
  const runs = new Set(ready.filter(({ isOrphaned }) => !isOrphaned).map(({ runId }) => runId));
  for (const runId of runs) await enqueueFinish(context.queues, runId);
}
