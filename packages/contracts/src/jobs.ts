import Type, { type Static } from "typebox";

const RunId = Type.String({ format: "uuid" });
const BatchId = Type.String({ format: "uuid" });

/**
 * The payload and the result of every queue job. They hold references only, never a record, so that no personal data is in
 * Redis. Each job has a queue of its name, so that the services can be scaled independently.
 */
export const JOB_SCHEMAS = {
  /** Opens a run, because its schedule fired. `job` is the name of the dataset. */
  trigger: {
    payload: Type.Object({ job: Type.String() }),
    result: Type.Object({ runId: RunId, skipped: Type.Boolean() }),
  },
  /** Finds the run's files, cuts them into batches and enqueues those. */
  extract: {
    payload: Type.Object({ runId: RunId }),
    result: Type.Object({ files: Type.Integer(), batches: Type.Integer() }),
  },
  /** Stages the lines of one batch again and enqueues the batch. */
  restage: {
    payload: Type.Object({ runId: RunId, batchId: BatchId }),
    result: Type.Object({ lines: Type.Integer() }),
  },
  /** Parses, validates, cleans and masks one batch. */
  transform: {
    payload: Type.Object({ runId: RunId, batchId: BatchId }),
    result: Type.Object({ accepted: Type.Integer(), rejected: Type.Integer() }),
  },
  /** Merges one transformed batch into the warehouse. */
  load: {
    payload: Type.Object({ runId: RunId, batchId: BatchId }),
    result: Type.Object({ loaded: Type.Integer(), rejected: Type.Integer() }),
  },
  /** Publishes the run's processed files, archives its raw files and closes the run. */
  finish: {
    payload: Type.Object({ runId: RunId }),
    result: Type.Object({ state: Type.String() }),
  },
} as const;

export type JobName = keyof typeof JOB_SCHEMAS;
export const JOB_NAMES = Object.keys(JOB_SCHEMAS) as JobName[];

export type JobPayload<N extends JobName> = Static<(typeof JOB_SCHEMAS)[N]["payload"]>;
export type JobResult<N extends JobName> = Static<(typeof JOB_SCHEMAS)[N]["result"]>;

/** Job ids in Redis. The same work has the same id, so that enqueueing it twice leaves one job. */
export const jobId = {
  extract: (runId: string) => `extract-${runId}`,
  restage: (batchId: string) => `restage-${batchId}`,
  transform: (batchId: string) => `transform-${batchId}`,
  load: (batchId: string) => `load-${batchId}`,
  finish: (runId: string) => `finish-${runId}`,
} as const;
