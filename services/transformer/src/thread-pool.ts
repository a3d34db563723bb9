import { TransientError } from "@lethe/contracts/errors";
import { startThread, type ThreadOptions, type TransformThread } from "./start-thread.js";

/** Threads that wait for batches. One that died is replaced when it is needed. */
export interface ThreadPool {
  /** Has a thread work on a batch; see `TransformThread.work`. */
  readonly work: TransformThread["work"];
  /** Ends all threads, those at work too: their work throws TransientError. */
  stop(): Promise<void>;
}

/**
 * Starts one thread; more come as more batches are worked on at once. Throws what keeps it from starting, which would keep
 * all others.
 */
export async function startThreadPool(options: ThreadOptions): Promise<ThreadPool> {
  const all = new Set<TransformThread>();
  let isStopping = false;
  const start = async () => {
    const thread = await startThread(options);
    all.add(thread);
    // A stop while it started has not reached it.
    if (isStopping) await thread.stop();
    return thread;
  };
  const idle = [await start()];
  return {
    async work(work, suppressions, limits, signal) {
      if (isStopping) throw stops();
      signal?.throwIfAborted();
      const thread = takeAlive(idle) ?? (await start());
      try {
        const outcome = await thread.work(work, suppressions, limits, signal);
        // It did not fail by what it worked on.
        if (isStopping && "cause" in outcome) throw stops();
        return outcome;
      } finally {
        if (thread.isAlive()) idle.push(thread);
        for (const other of all) if (!other.isAlive()) all.delete(other);
      }
    },
    async stop() {
      isStopping = true;
      await Promise.all([...all].map((thread) => thread.stop()));
    },
  };
}

function stops(): TransientError {
  return new TransientError("the service stops");
}

function takeAlive(idle: TransformThread[]): TransformThread | undefined {
  let thread = idle.pop();
  while (thread !== undefined && !thread.isAlive()) thread = idle.pop();
  return thread;
}
