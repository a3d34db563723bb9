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
