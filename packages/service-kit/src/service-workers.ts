import { SERVICE_JOBS, type ServiceName } from "@lethe/contracts/services";
import { type JobHandler, type RunningWorker, startWorker, type WorkerContext } from "./worker.js";

/** How a service works on a job: the handler, and on how many of them at once. */
type ServiceWorker<N extends (typeof SERVICE_JOBS)[ServiceName][number]> = JobHandler<N> & { readonly atOnce: number };

/** A worker for each job that a service works on; one that is missing or not the service's does not compile. */
export type ServiceWorkers<S extends ServiceName> = {
  readonly [N in (typeof SERVICE_JOBS)[S][number]]: ServiceWorker<N>;
};

/** Starts the workers of a service's jobs, which stop together. */
export function startWorkers<S extends ServiceName>(
  context: WorkerContext,
  service: S,
  workers: ServiceWorkers<S>,
): RunningWorker {
  const jobs: readonly (typeof SERVICE_JOBS)[S][number][] = SERVICE_JOBS[service];
  const running = jobs.map((job) => startWorker(context, job, workers[job].atOnce, workers[job]));
  return {
    async stop(graceMs) {
      await Promise.all(running.map((worker) => worker.stop(graceMs)));
    },
  };
}
