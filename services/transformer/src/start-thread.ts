import { Worker } from "node:worker_threads";
import type { StoredSuppressions } from "@lethe/warehouse/suppressions";
import {
  type BatchWork,
  NO_RECORD,
  type ThreadAnswer,
  type ThreadData,
  type ThreadRequest,
  type TransformCounts,
} from "./batch-work.js";
import { reviveError } from "./carried-error.js";
import type { Failure } from "./poison.js";

export interface ThreadOptions {
  /** The script that the thread runs. */
  readonly script: URL;
  /** Its heap's limit in MiB. */
  readonly memoryMb: number;
  readonly data: Omit<ThreadData, "progress">;
}

export interface TimeLimits {
  /** Time for all of the work. */
  readonly seconds: number;
  /** Time for one record of it. */
  readonly recordSeconds: number;
}

/** A thread that transforms batches, one at a time. */
export interface TransformThread {
  isAlive(): boolean;
  /**
   * Works on a batch. Returns counts, or how it failed: the thread may not have survived that. Throws what the thread
   * threw on purpose or in reading and writing; and the signal's reason when it was aborted, which ends the thread.
   */
  work(
    work: BatchWork,
    suppressions: StoredSuppressions,
    limits: TimeLimits,
    signal: AbortSignal | undefined,
  ): Promise<TransformCounts | Failure>;
  stop(): Promise<void>;
}

/** Node's own limit for a thread's stack; what goes deeper is caught as an error. */
const STACK_MB = 4;
/** Room for what is new: less of it is collected before its time, and what more would save is less than what it takes. */
const YOUNG_GENERATION_MB = 40;

/** Starts a thread and waits until it can work. Throws what keeps it from starting. */
export async function startThread({ script, memoryMb, data }: ThreadOptions): Promise<TransformThread> {
  const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)).fill(NO_RECORD);
  const worker = new Worker(script, {
    workerData: { ...data, progress } satisfies ThreadData,
    resourceLimits: {
      maxOldGenerationSizeMb: memoryMb,
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      stackSizeMb: STACK_MB,
    },
  });
  let isAlive = true;
  let deathCause: unknown;
  let toldEpoch: number | undefined;
  let tell: (word: ThreadAnswer | undefined) => void = () => undefined;
  worker.on("message", (answer: ThreadAnswer) => tell(answer));
  worker.on("error", (error) => {
    deathCause = error;
  });
  // Only then it is sure that it writes nothing more.
  worker.on("exit", () => {
    isAlive = false;
    tell(undefined);
  });
  /** Returns what the thread says next; undefined when it has ended. */
  const nextWord = () =>
    new Promise<ThreadAnswer | undefined>((resolve) => {
      tell = resolve;
    });
  const end = () => {
    isAlive = false;
    return worker.terminate();
  };
  if ((await nextWord()) === undefined) throw deathCause ?? new Error("a thread ended at its start");

  return {
    isAlive: () => isAlive,
    async work(work, suppressions, limits, signal) {
      Atomics.store(progress, 0, NO_RECORD);
      const { epoch } = suppressions;
      const identifiers = epoch === toldEpoch ? null : suppressions.identifiers;
      worker.postMessage({ work, epoch, identifiers } satisfies ThreadRequest);
      toldEpoch = epoch;
      let isLate = false;
      const stopWatching = watchProgress(progress, limits, () => {
        isLate = true;
        void end();
      });
      const abort = () => void end();
      signal?.addEventListener("abort", abort, { once: true });
      const word = isAlive ? await nextWord() : undefined;
      stopWatching();
      signal?.removeEventListener("abort", abort);
      switch (word?.kind) {
        case "done":
          return word.counts;
        case "failed":
          return word;
        case "error":
          toldEpoch = undefined;
          throw reviveError(word.error);
        default: {
          signal?.throwIfAborted();
          const at = Atomics.load(progress, 0);
          const cause = isLate ? "time" : isOutOfMemory(deathCause) ? "memory" : "unexpected";
          return { cause, at: at === NO_RECORD ? null : at, where: null };
        }
      }
    },
    async stop() {
      await end();
    },
  };
}

/** Between two looks at a thread's progress. */
const LOOK_MS = 100;

/** Calls `onLate` once when the work as a whole, or one record of it, takes too long. Returns a function that ends that. */
function watchProgress(progress: Int32Array, limits: TimeLimits, onLate: () => void): () => void {
  const startedAt = performance.now();
  let record = NO_RECORD;
  let recordSince = startedAt;
  const timer = setInterval(() => {
    const now = performance.now();
    const at = Atomics.load(progress, 0);
    if (at !== record) {
      record = at;
      recordSince = now;
    }
    const recordIsLate = record !== NO_RECORD && now - recordSince > limits.recordSeconds * 1_000;
    if (!recordIsLate && now - startedAt <= limits.seconds * 1_000) return;
    clearInterval(timer);
    onLate();
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}
