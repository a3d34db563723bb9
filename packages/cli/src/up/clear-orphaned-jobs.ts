import { RUN_SERVICES, SERVICE_JOBS } from "@lethe/contracts/services";
import type { Queues } from "@lethe/service-kit/queues";

const QUEUES_OF_RUNS = RUN_SERVICES.flatMap((name) => SERVICE_JOBS[name]);

/**
 * Empties the queues of runs when a job in them is held by a service that was killed: it would stay held for up to a
 * minute, until BullMQ takes the service for dead. What was queued comes back from the ledger with the first run.
 * To be called only on a Redis that no service uses. Returns whether there was such a job.
 */
export async function clearOrphanedJobs(queues: Queues): Promise<boolean> {
  const active = await Promise.all(QUEUES_OF_RUNS.map((name) => queues.byJob[name].getActiveCount()));
  if (active.every((count) => count === 0)) return false;
  await Promise.all(QUEUES_OF_RUNS.map((name) => queues.byJob[name].obliterate({ force: true })));
  return true;
}
