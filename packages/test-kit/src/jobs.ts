import type { JobName } from "@lethe/contracts/jobs";
import { QueueEvents } from "bullmq";
import type { World } from "./world.js";

/**
 * Listens to a queue's events, those that came before among them: one that comes between "ready" and the first read of
 * the stream would otherwise be missed, and a test would wait for ever. The caller closes what it gets.
 */
export async function openQueueEvents(world: World, job: JobName): Promise<QueueEvents> {
  const { redis, prefix } = world;
  const events = new QueueEvents(job, { connection: redis.duplicate(), prefix, lastEventId: "0-0" });
  await events.waitUntilReady();
  return events;
}

/** Returns the batches that a run has so far. */
export async function batchesOf(world: World, runId: string): Promise<string[]> {
  const { rows } = await world.pool.query<{ id: string }>("select id::text from ledger.batches where run_id = $1", [
    runId,
  ]);
  return rows.map(({ id }) => id);
}

/** Waits until batches are transformed. */
export async function untilTransformed(world: World, batchIds: readonly string[]): Promise<void> {
  const events = await openQueueEvents(world, "transform");
  try {
    for (const batchId of batchIds) {
      const job = await world.queues.byJob.transform.getJob(`transform-${batchId}`);
      await job?.waitUntilFinished(events);
    }
  } finally {
    await events.close();
  }
}

/** Waits until a run's last job has done what it can, whether that closes the run or not. */
export async function untilFinishJobEnds(world: World, runId: string): Promise<void> {
  const events = await openQueueEvents(world, "finish");
  try {
    const job = await world.queues.byJob.finish.getJob(`finish-${runId}`);
    await job?.waitUntilFinished(events);
  } finally {
    await events.close();
  }
}
