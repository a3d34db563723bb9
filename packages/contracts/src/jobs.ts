import Type, { type Static } from "typebox";

const RunId = Type.String({ format: "uuid" });
const BatchId = Type.String({ format: "uuid" });

/**
 * The one map from job name to payload and result. Payloads hold references only, never a record:
 * nothing personal is ever in Redis.
 *
 * Each job has a queue of its own name, so that services can be scaled apart.
 */
export const JOB_SCHEMAS = {
  /** A schedule fired: open a run of the named dataset's job. */
  trigger: {
    payload: Type.Object({ job: Type.String() }),
    result: Type.Object({ runId: RunId, skipped: Type.Boolean() }),
  },
  /** Find the run's files, cut them into batches and enqueue those. */
  extract: {
    payload: Type.Object({ runId: RunId }),
    result: Type.Object({ files: Type.Integer(), batches: Type.Integer() }),
  },
  /** Make the staged lines of one batch again, and enqueue it once more. */
  restage: {
    payload: Type.Object({ runId: RunId, batchId: BatchId }),
    result: Type.Object({ lines: Type.Integer() }),
  },
  /** Parse, validate, clean and mask one batch. */
  transform: {
    payload: Type.Object({ runId: RunId, batchId: BatchId }),
    result: Type.Object({ accepted: Type.Integer(), rejected: Type.Integer() }),
  },
  /** Merge one transformed batch into the warehouse. */
  load: {
    payload: Type.Object({ runId: RunId, batchId: BatchId }),
    result: Type.Object({ loaded: Type.Integer(), rejected: Type.Integer() }),
  },
  /** Publish the run's processed files, archive its raw files and close it. */
  finish: {
    payload: Type.Object({ runId: RunId }),
    result: Type.Object({ state: Type.String() }),
  },
} as const;

export type JobName = keyof typeof JOB_SCHEMAS;
export const JOB_NAMES = Object.keys(JOB_SCHEMAS) as JobName[];

export type JobPayload<N extends JobName> = Static<(typeof JOB_SCHEMAS)[N]["payload"]>;
export type JobResult<N extends JobName> = Static<(typeof JOB_SCHEMAS)[N]["result"]>;

/** The id of a job in Redis: the same work always has the same id, so enqueueing it twice leaves one job. */
export const jobId = {
  extract: (runId: string) => `extract-${runId}`,
  restage: (batchId: string) => `restage-${batchId}`,
  transform: (batchId: string) => `transform-${batchId}`,
  load: (batchId: string) => `load-${batchId}`,
  finish: (runId: string) => `finish-${runId}`,
} as const;
