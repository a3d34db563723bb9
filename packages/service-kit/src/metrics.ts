import type { JobName } from "@lethe/contracts/jobs";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

export interface JobMetrics {
  readonly registry: Registry;
  /** Starts timing a job. Call the returned function with the outcome when the job ends. */
  startTimer(job: JobName): (outcome: "done" | "failed" | "handed back") => void;
}

/** Creates a service's metrics registry, with the default metrics of a process and the count and duration of its jobs. */
export function createMetrics(service: string): JobMetrics {
  const metricsRegistry = new Registry();
  metricsRegistry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: metricsRegistry });
  const jobs = new Counter({
    name: "lethe_jobs_total",
    help: "Jobs worked on, by outcome",
    labelNames: ["job", "outcome"],
    registers: [metricsRegistry],
  });
  const durations = new Histogram({
    name: "lethe_job_duration_seconds",
    help: "Time from a job's start to its end",
    labelNames: ["job"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers: [metricsRegistry],
  });
  return {
    registry: metricsRegistry,
    startTimer(job) {
      const stop = durations.startTimer({ job });
      return (outcome) => {
        stop();
        jobs.inc({ job, outcome });
      };
    },
  };
}
