import type { JobName } from "./jobs.js";

/** The services, each with the queue jobs that it works on. Every job is worked on by one service. */
export const SERVICE_JOBS = {
  scheduler: ["trigger"],
  extractor: ["extract", "restage"],
  transformer: ["transform"],
  loader: ["load", "finish"],
} as const satisfies Readonly<Record<string, readonly JobName[]>>;

export type ServiceName = keyof typeof SERVICE_JOBS;
export const SERVICE_NAMES = Object.keys(SERVICE_JOBS) as ServiceName[];

/** The services that work on runs: all but the scheduler, which opens them. */
export const RUN_SERVICES = ["extractor", "transformer", "loader"] as const satisfies readonly ServiceName[];

/**
 * The connections to the database that a service holds at most. The extractor works on four runs at once: each holds one
 * connection with its lock, waits for room on another and works on a third. Each load that LETHE_LOADS_AT_ONCE allows beyond
 * two takes one more.
 */
export const DATABASE_CONNECTIONS: Readonly<Record<ServiceName, number>> = {
  scheduler: 10,
  extractor: 15,
  transformer: 2,
  loader: 8,
};

/**
 * The areas of the data folder that a service writes, by their names in the storage. `/readyz` of the service is false while one of
 * them is full or cannot be written.
 */
export const SERVICE_AREAS = {
  scheduler: ["landing", "processed"],
  extractor: ["landing", "claimed", "staging", "archived", "quarantined"],
  transformer: ["staging"],
  loader: ["landing", "claimed", "staging", "processed", "archived", "quarantined"],
} as const satisfies Readonly<Record<ServiceName, readonly string[]>>;
