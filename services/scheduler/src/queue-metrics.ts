import type { Logger } from "@lethe/service-kit/logger";
import type { Queue } from "bullmq";
import { Gauge, type Registry } from "prom-client";
import { awaitRedis } from "./await-redis.js";

const STATES = ["waiting", "active", "delayed", "waiting-children", "failed"] as const;

/**
 * Adds the number of jobs by queue and state to the metrics. Each scrape counts them anew. While Redis does not answer they
 * are absent, and a count that still waits for Redis is not started a second time.
 */
export function addQueueMetrics(registry: Registry, queues: readonly Queue[], log: Logger): void {
  let counting: Promise<unknown> | undefined;
  new Gauge({
    name: "lethe_queue_jobs",
    help: "Jobs in a queue, by state",
    labelNames: ["queue", "state"],
    registers: [registry],
    async collect() {
      const count = async () => {
        const depths = await Promise.all(queues.map((queue) => queue.getJobCounts(...STATES)));
        for (const [index, queue] of queues.entries()) {
          for (const state of STATES) this.set({ queue: queue.name, state }, depths[index]?.[state] ?? 0);
        }
      };
      this.reset();
      counting ??= count().finally(() => {
        counting = undefined;
      });
      const outcome = await awaitRedis(counting);
      if (outcome !== "done")
        log.warn({ error: outcome.error, metric: "lethe_queue_jobs" }, "a metric could not be measured");
    },
  });
}
