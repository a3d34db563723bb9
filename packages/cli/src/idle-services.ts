import type { Queues } from "@lethe/service-kit/queues";

const WORKERS = { extract: "extractor", transform: "transformer", load: "loader", finish: "loader" } as const;

/** Returns the services that a run needs and of which none is connected to the queues, by name. */
export async function missingServices(queues: Queues): Promise<string[]> {
  const missing = new Set<string>();
  for (const [job, service] of Object.entries(WORKERS) as [keyof typeof WORKERS, string][]) {
    const workers = await queues.byJob[job].getWorkersCount();
    if (workers === 0) missing.add(service);
  }
  return [...missing];
}
