import { jobId } from "@lethe/contracts/jobs";
import type { RunKind } from "@lethe/contracts/runs";
import type { FlowJob, Job, JobsOptions } from "bullmq";
import { JOB_OPTIONS, type Queues } from "./queues.js";

type FlowChildJob = NonNullable<FlowJob["children"]>[number];

/** An active run of the ledger: what of it must be in the queues. */
export interface ActiveRun {
  readonly runId: string;
  readonly kind: RunKind;
  readonly extracted: boolean;
  readonly batchIds: readonly string[];
  /** Those of them that wait for the loader alone. */
  readonly transformedIds: readonly string[];
}

/** Enqueues a new run as a flow: `finish` waits for `extract`, and for every batch that the extractor adds meanwhile. */
export async function enqueueRun(queues: Queues, runId: string, kind: RunKind): Promise<void> {
  const priority = PRIORITIES[kind];
  await queues.flows.add({ ...finishNode(runId, priority), children: [extractNode(runId, priority)] });
}

/**
 * The priorities of runs' jobs. A job without one goes before all that have one, so a backfill has what others leave. The jobs of a
 * run take theirs from its `finish`, which is there from the beginning: who sends a batch back need not know what the run is.
 */
const PRIORITIES: Readonly<Record<RunKind, number>> = { files: 0, replay: 0, backfill: 10, plan: 0 };

async function priorityOf(queues: Queues, runId: string): Promise<number> {
  return (await queues.byJob.finish.getJob(jobId.finish(runId)))?.opts.priority ?? 0;
}

/**
 * Enqueues a staged batch as a flow under its run's `finish`: `load` waits for `transform`. A batch that is sent back while
 * its jobs are still queued needs a new `round`, since each job id can be used once. A `finish` that is active has sent the
 * batch back itself and cannot wait for new children: the batch's load enqueues the run's finish again.
 */
export async function enqueueBatch(queues: Queues, runId: string, batchId: string, round = ""): Promise<void> {
  const node = batchNode(runId, batchId, await priorityOf(queues, runId), round);
  const finish = await queues.byJob.finish.getJobState(jobId.finish(runId));
  if (finish === "active") await queues.flows.add(node);
  else await queues.flows.add({ ...node, opts: { ...node.opts, parent: finishParent(queues, runId) } });
}

/**
 * Enqueues the load of a batch once more, for a job that has ended without it: the batches of a run are loaded in their order,
 * so a load may come before its turn. Does nothing while one is queued. The job of a batch that has ended loads what is next.
 */
export async function enqueueLoad(queues: Queues, runId: string, batchId: string): Promise<void> {
  const usual = await queues.byJob.load.getJobState(jobId.load(batchId));
  if (QUEUED.includes(usual)) return;
  const id = jobId.load(batchId) + TURN;
  const again = await removeIfEnded(await queues.byJob.load.getJob(id));
  if (again !== undefined && again !== "active") return;
  // One that is active may have found the turn taken, and be about to end.
  const round = again === "active" ? TURN + newRound() : TURN;
  const priority = await priorityOf(queues, runId);
  const finish = await removeIfEnded(await queues.byJob.finish.getJob(jobId.finish(runId)));
  const node = loadNode(runId, batchId, priority, round);
  const { jobId: loadId } = node.opts;
  if (finish === "active") await queues.byJob.load.add("load", node.data, { ...JOB_OPTIONS, priority, jobId: loadId });
  else await addUnderFinish(queues, runId, [node], finish !== undefined, priority);
}

/** Returns a new suffix of a job's id, for work that is repeated while its first jobs may still be queued. */
export function newRound(): string {
  return `-again-${Date.now()}`;
}

/**
 * Asks the extractor to stage a batch's lines again, as a job that the run's `finish` waits for. A `finish` that is active
 * has asked for it itself and cannot wait: the batch's load enqueues it again. The job's id is new each time, since an
 * earlier one may be about to end.
 */
export async function enqueueRestage(queues: Queues, runId: string, batchId: string): Promise<void> {
  const priority = await priorityOf(queues, runId);
  const finish = await removeIfEnded(await queues.byJob.finish.getJob(jobId.finish(runId)));
  const data = { runId, batchId };
  const own = { ...JOB_OPTIONS, priority, jobId: jobId.restage(batchId) + newRound() };
  if (finish === "active") await queues.byJob.restage.add("restage", data, own);
  else {
    const node = { name: "restage", queueName: "restage", data, opts: { ...own, ignoreDependencyOnFailure: true } };
    await addUnderFinish(queues, runId, [node], finish !== undefined, priority);
  }
}

/**
 * Enqueues a run's `finish` alone, for a run with nothing else to wait for. Pass a new `round` when the job with the usual id
 * may have active children, as batches that it has sent back.
 */
export async function enqueueFinish(queues: Queues, runId: string, round = ""): Promise<void> {
  const id = jobId.finish(runId) + round;
  const priority = await priorityOf(queues, runId);
  await removeIfEnded(await queues.byJob.finish.getJob(id));
  await queues.byJob.finish.add("finish", { runId }, { ...JOB_OPTIONS, priority, jobId: id });
}

/**
 * Enqueues again what the queues have lost of active runs. Jobs that are still queued stay as they are, so this may run at
 * any time and in several processes. Returns the number of jobs that were added.
 */
export async function enqueueActiveRuns(queues: Queues, runs: readonly ActiveRun[]): Promise<number> {
  let added = 0;
  for (const run of runs) added += await enqueueMissing(queues, run);
  return added;
}

/**
 * Enqueues a run that was reopened. Jobs that are still queued will find it active. An active job may have seen the run
 * closed and be about to end without doing anything, so it gets a second job whose id ends in `round`.
 */
export async function enqueueReopened(queues: Queues, run: ActiveRun, round: string): Promise<void> {
  const children: FlowChildJob[] = [];
  const priority = PRIORITIES[run.kind];
  if (!run.extracted) {
    const extract = await removeIfEnded(await queues.byJob.extract.getJob(jobId.extract(run.runId)));
    if (extract === undefined || extract === "active") {
      children.push(extractNode(run.runId, priority, extract === undefined ? "" : round));
    }
  }
  for (const batchId of run.batchIds) {
    await removeIfEnded(await queues.byJob.transform.getJob(jobId.transform(batchId)));
    const load = await removeIfEnded(await queues.byJob.load.getJob(jobId.load(batchId)));
    if (load === undefined || load === "active") {
      children.push(batchNode(run.runId, batchId, priority, load === undefined ? "" : round));
    }
  }
  const finish = await removeIfEnded(await queues.byJob.finish.getJob(jobId.finish(run.runId)));
  await addUnderFinish(queues, run.runId, children, finish !== undefined, priority);
}

async function enqueueMissing(queues: Queues, run: ActiveRun): Promise<number> {
  const children: FlowChildJob[] = [];
  const priority = PRIORITIES[run.kind];
  if (!run.extracted && !(await removeIfEnded(await queues.byJob.extract.getJob(jobId.extract(run.runId))))) {
    children.push(extractNode(run.runId, priority));
  }
  for (const batchId of run.batchIds) {
    const load = await removeIfEnded(await queues.byJob.load.getJob(jobId.load(batchId)));
    const transform = await removeIfEnded(await queues.byJob.transform.getJob(jobId.transform(batchId)));
    const loadWaitsInVain = load === "waiting-children" && transform === undefined;
    if (load === undefined || loadWaitsInVain) {
      if (loadWaitsInVain) await queues.byJob.load.remove(jobId.load(batchId), { removeChildren: true });
      // One that waits for its turn is not transformed again each time that somebody asks.
      const isTransformed = run.transformedIds.includes(batchId);
      children.push(isTransformed ? loadNode(run.runId, batchId, priority) : batchNode(run.runId, batchId, priority));
    }
  }
  const finish = await removeIfEnded(await queues.byJob.finish.getJob(jobId.finish(run.runId)));
  await addUnderFinish(queues, run.runId, children, finish !== undefined, priority);
  return finish === undefined ? children.length + 1 : children.length;
}

async function addUnderFinish(
  queues: Queues,
  runId: string,
  children: FlowChildJob[],
  finishIsThere: boolean,
  priority: number,
): Promise<void> {
  if (!finishIsThere) {
    await queues.flows.add({ ...finishNode(runId, priority), children });
    return;
  }
  const parent = finishParent(queues, runId);
  for (const child of children) await queues.flows.add({ ...child, opts: { ...child.opts, parent } });
}

/**
 * Removes a job that has ended, so that its id can be used again. Returns the state of any other job, and undefined if
 * there is no job or it no longer exists.
 */
async function removeIfEnded(job: Job | undefined): Promise<string | undefined> {
  if (job === undefined) return undefined;
  const state = await job.getState();
  if (!ENDED.includes(state)) return state;
  await job.remove();
  return undefined;
}

/** The suffix of the id of a load that has had to wait for its turn. */
const TURN = "-turn";

/** States of a job that is still to begin. */
const QUEUED: readonly string[] = ["waiting", "prioritized", "delayed", "waiting-children"];

// A job in no list (`unknown`) is what remains when Redis has lost a part of its keys.
const ENDED = ["completed", "failed", "unknown"];

function finishParent(queues: Queues, runId: string): NonNullable<JobsOptions["parent"]> {
  return { id: jobId.finish(runId), queue: queues.byJob.finish.qualifiedName };
}

function finishNode(runId: string, priority: number) {
  const opts = { ...JOB_OPTIONS, priority, jobId: jobId.finish(runId) };
  return { name: "finish", queueName: "finish", data: { runId }, opts };
}

// A child that fails for good must not keep its run from ending: the ledger has the failure, and the run ends with it.
function extractNode(runId: string, priority: number, round = ""): FlowChildJob {
  return {
    name: "extract",
    queueName: "extract",
    data: { runId },
    opts: { ...JOB_OPTIONS, priority, jobId: jobId.extract(runId) + round, ignoreDependencyOnFailure: true },
  };
}

function loadNode(runId: string, batchId: string, priority: number, round = "") {
  return {
    name: "load",
    queueName: "load",
    data: { runId, batchId },
    opts: { ...JOB_OPTIONS, priority, jobId: jobId.load(batchId) + round, ignoreDependencyOnFailure: true },
  };
}

function batchNode(runId: string, batchId: string, priority: number, round = ""): FlowChildJob {
  return {
    ...loadNode(runId, batchId, priority, round),
    children: [
      {
        name: "transform",
        queueName: "transform",
        data: { runId, batchId },
        opts: { ...JOB_OPTIONS, priority, jobId: jobId.transform(batchId) + round, ignoreDependencyOnFailure: true },
      },
    ],
  };
}
