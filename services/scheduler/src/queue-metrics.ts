import type { Logger } from "@lethe/service-kit/logger";
import type { Queue } from "bullmq";
import { Gauge, type Registry } from "prom-client";
import { awaitRedis } from "./await-redis.js";
import { QUEUE_STATES, readDepth, readOldestWait } from "./queue-depths.js";

/**
 * Adds the number of jobs by queue and state to the metrics, and how long the oldest of each queue has waited for a worker. Each
 * scrape measures them anew. While Redis does not answer they are absent, and what still waits for Redis is not asked a second time.
 */
export function addQueueMetrics(registry: Registry, queues: readonly Queue[], log: Logger): void {
  addGauge(
    registry,
    log,
    { name: "lethe_queue_jobs", help: "Jobs in a queue, by state", labelNames: ["queue", "state"] },
    async (gauge) => {
      const depths = await Promise.all(queues.map(readDepth));
      for (const [index, queue] of queues.entries()) {
        for (const state of QUEUE_STATES) gauge.set({ queue: queue.name, state }, depths[index]?.[state] ?? 0);
      }
    },
  );
  addGauge(
    registry,
    log,
    {
      name: "lethe_queue_oldest_job_seconds",
      help: "Seconds since the job was enqueued that a worker takes next; 0 when none waits",
      labelNames: ["queue"],
    },
    async (gauge) => {
      const waits = await Promise.all(queues.map(readOldestWait));
      for (const [index, queue] of queues.entries()) gauge.set({ queue: queue.name }, waits[index] ?? 0);
    },
  );
}

function addGauge<L extends string>(
  registry: Registry,
  log: Logger,
  options: { readonly name: string; readonly help: string; readonly labelNames: L[] },
  measure: (gauge: Gauge<L>) => Promise<void>,
): void {
  let counting: Promise<unknown> | undefined;
  new Gauge({
    ...options,
    registers: [registry],
    async collect() {
      this.reset();
      counting ??= measure(this).finally(() => {
        counting = undefined;
      });
      const outcome = await awaitRedis(counting);
      if (outcome !== "done")
        log.warn({ error: outcome.error, metric: options.name }, "a metric could not be measured");
    },
  });
}
