import type { JobName } from "@lethe/contracts/jobs";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

export interface JobMetrics {
  readonly registry: Registry;
  /** Starts timing a job. Call the returned function with the outcome when the job ends. */
  startTimer(job: JobName): (outcome: "done" | "failed" | "handed back") => void;
}

/** Sums of what is measured by type as well, under names that Prometheus' conventions keep for counters. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** Creates a service's metrics registry, with the default metrics of a process and the count and duration of its jobs. */
export function createMetrics(service: string): JobMetrics {
  const metricsRegistry = new Registry();
  metricsRegistry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: metricsRegistry });
  for (const name of MISNAMED) metricsRegistry.removeSingleMetric(name);
  const jobs = new Counter({
    name: "lethe_jobs_total",
    help: "Jobs worked on, by outcome",
    labelNames: ["queue", "outcome"],
    registers: [metricsRegistry],
  });
  const durations = new Histogram({
    name: "lethe_job_duration_seconds",
    help: "Time from a job's start to its end",
    labelNames: ["queue"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers: [metricsRegistry],
  });
  return {
    registry: metricsRegistry,
    startTimer(job) {
      const stop = durations.startTimer({ queue: job });
      return (outcome) => {
        stop();
        jobs.inc({ queue: job, outcome });
      };
    },
  };
}
