import { jobId } from "@lethe/contracts/jobs";
import type { FlowJob, Job, JobsOptions } from "bullmq";
import { JOB_OPTIONS, type Queues } from "./queues.js";

type FlowChildJob = NonNullable<FlowJob["children"]>[number];

/** A run as the ledger holds it open: what of it must stand in the queues. */
export interface ActiveRun {
  readonly runId: string;
  readonly extracted: boolean;
  readonly batchIds: readonly string[];
}

/**
 * Enqueues a new run as a flow: `finish` waits for `extract`, and for every batch that the extractor adds meanwhile.
 */
export async function enqueueRun(queues: Queues, runId: string): Promise<void> {
  await queues.flows.add({ ...finishNode(runId), children: [extractNode(runId)] });
}

/**
 * Enqueues a staged batch as a flow of its own under its run's `finish`: `load` waits for `transform`. A batch that is
 * sent back while its jobs still stand in the queues needs a new `round`, since a job's id is taken once. Where `finish` is
 * at work it has sent the batch back itself and could not end with something to wait for: the load asks for it again.
 */
export async function enqueueBatch(queues: Queues, runId: string, batchId: string, round = ""): Promise<void> {
  const node = batchNode(runId, batchId, round);
  const finish = await queues.byJob.finish.getJobState(jobId.finish(runId));
  if (finish === "active") await queues.flows.add(node);
  else await queues.flows.add({ ...node, opts: { ...node.opts, parent: finishParent(queues, runId) } });
}

/** Creates the end of a job's id new, for work that comes again while its first jobs may still stand in the queues. */
export function newRound(): string {
  return `-again-${Date.now()}`;
}

/**
 * Asks the extractor to make a batch's lines again, as a job that the run's `finish` waits for; one that is at work itself,
 * and asks for it, cannot, and has to be asked for again by the batch's load. What asks may be asked for by itself while
 * an earlier one is about to end, hence the id of its own.
 */
export async function enqueueRestage(queues: Queues, runId: string, batchId: string): Promise<void> {
  const finish = await pendingState(await queues.byJob.finish.getJob(jobId.finish(runId)));
  const data = { runId, batchId };
  const opts = { ...JOB_OPTIONS, jobId: jobId.restage(batchId) + newRound(), ignoreDependencyOnFailure: true };
  if (finish === "active") await queues.byJob.restage.add("restage", data, { ...JOB_OPTIONS, jobId: opts.jobId });
  else
    await addUnderFinish(queues, runId, [{ name: "restage", queueName: "restage", data, opts }], finish !== undefined);
}

/**
 * Enqueues the closing of a run by itself, for one that has nothing else left to wait for. Give a new `round` where the job
 * that has this id may have children at work, as the batches that it has sent back itself.
 */
export async function enqueueFinish(queues: Queues, runId: string, round = ""): Promise<void> {
  const id = jobId.finish(runId) + round;
  await pendingState(await queues.byJob.finish.getJob(id));
  await queues.byJob.finish.add("finish", { runId }, { ...JOB_OPTIONS, jobId: id });
}

/**
 * Brings back what the queues have lost of the runs that the ledger holds open. What still stands in a queue stays as
 * it is, so this may run at any time and in several processes. Returns the number of jobs that were added.
 */
export async function enqueueActiveRuns(queues: Queues, runs: readonly ActiveRun[]): Promise<number> {
  let added = 0;
  for (const run of runs) added += await enqueueMissing(queues, run);
  return added;
}

/**
 * Brings a run that was opened again into the queues. What still waits there will find it open. A job at work may have
 * seen it closed and be about to end without having done anything: it gets a double, whose id `round` makes new.
 */
export async function enqueueReopened(queues: Queues, run: ActiveRun, round: string): Promise<void> {
  const children: FlowChildJob[] = [];
  if (!run.extracted) {
    const extract = await pendingState(await queues.byJob.extract.getJob(jobId.extract(run.runId)));
    if (extract === undefined || extract === "active") {
      children.push(extractNode(run.runId, extract === undefined ? "" : round));
    }
  }
  for (const batchId of run.batchIds) {
    await pendingState(await queues.byJob.transform.getJob(jobId.transform(batchId)));
    const load = await pendingState(await queues.byJob.load.getJob(jobId.load(batchId)));
    if (load === undefined || load === "active") {
      children.push(batchNode(run.runId, batchId, load === undefined ? "" : round));
    }
  }
  const finish = await pendingState(await queues.byJob.finish.getJob(jobId.finish(run.runId)));
  await addUnderFinish(queues, run.runId, children, finish !== undefined);
}

async function enqueueMissing(queues: Queues, run: ActiveRun): Promise<number> {
  const children: FlowChildJob[] = [];
  if (!run.extracted && !(await pendingState(await queues.byJob.extract.getJob(jobId.extract(run.runId))))) {
    children.push(extractNode(run.runId));
  }
  for (const batchId of run.batchIds) {
    const load = await pendingState(await queues.byJob.load.getJob(jobId.load(batchId)));
    const transform = await pendingState(await queues.byJob.transform.getJob(jobId.transform(batchId)));
    const loadWaitsInVain = load === "waiting-children" && transform === undefined;
    if (load === undefined || loadWaitsInVain) {
      if (loadWaitsInVain) await queues.byJob.load.remove(jobId.load(batchId), { removeChildren: true });
      children.push(batchNode(run.runId, batchId));
    }
  }
  const finish = await pendingState(await queues.byJob.finish.getJob(jobId.finish(run.runId)));
  await addUnderFinish(queues, run.runId, children, finish !== undefined);
  return finish === undefined ? children.length + 1 : children.length;
}

async function addUnderFinish(
  queues: Queues,
  runId: string,
  children: FlowChildJob[],
  finishIsThere: boolean,
): Promise<void> {
  if (!finishIsThere) {
    await queues.flows.add({ ...finishNode(runId), children });
    return;
  }
  const parent = finishParent(queues, runId);
  for (const child of children) await queues.flows.add({ ...child, opts: { ...child.opts, parent } });
}

/** Returns the state of a job that will still do something; one that will not is removed, so that its id is free. */
async function pendingState(job: Job | undefined): Promise<string | undefined> {
  if (job === undefined) return undefined;
  const state = await job.getState();
  if (!ENDED.includes(state)) return state;
  await job.remove();
  return undefined;
}

// A job that stands in no list (`unknown`) is what is left of one in a Redis that lost a part of its keys.
const ENDED = ["completed", "failed", "unknown"];

function finishParent(queues: Queues, runId: string): NonNullable<JobsOptions["parent"]> {
  return { id: jobId.finish(runId), queue: queues.byJob.finish.qualifiedName };
}

function finishNode(runId: string) {
  return { name: "finish", queueName: "finish", data: { runId }, opts: { ...JOB_OPTIONS, jobId: jobId.finish(runId) } };
}

// A child that gives up must not hold its run back: the ledger knows of the failure, and the run closes with it.
function extractNode(runId: string, round = ""): FlowChildJob {
  return {
    name: "extract",
    queueName: "extract",
    data: { runId },
    opts: { ...JOB_OPTIONS, jobId: jobId.extract(runId) + round, ignoreDependencyOnFailure: true },
  };
}

function batchNode(runId: string, batchId: string, round = ""): FlowChildJob {
  return {
    name: "load",
    queueName: "load",
    data: { runId, batchId },
    opts: { ...JOB_OPTIONS, jobId: jobId.load(batchId) + round, ignoreDependencyOnFailure: true },
    children: [
      {
        name: "transform",
        queueName: "transform",
        data: { runId, batchId },
        opts: { ...JOB_OPTIONS, jobId: jobId.transform(batchId) + round, ignoreDependencyOnFailure: true },
      },
    ],
  };
}
