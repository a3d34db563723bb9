import { Gauge, type Registry } from "prom-client";

/**
 * Adds the metric of when each task of the reconciler was last done, so that one that fails again and again is noticed. Returns how a
 * task says that it is done.
 */
export function addTaskMetric(registry: Registry): (task: string) => void {
  const gauge = new Gauge({
    name: "lethe_task_last_success_timestamp_seconds",
    help: "When a task that is done again and again was last done",
    labelNames: ["task"],
    registers: [registry],
  });
  return (task) => gauge.setToCurrentTime({ task });
}
