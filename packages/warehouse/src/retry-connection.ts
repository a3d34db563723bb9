import { setTimeout } from "node:timers/promises";
import { TransientError } from "@lethe/contracts/errors";
import { isDatabaseUnavailable } from "./unavailable.js";

const GIVE_UP_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Runs `work`, and runs it again while the database does not answer, with pauses that grow. After half a minute throws what
 * `work` has thrown last. Throws the signal's reason when that aborts. `work` must be something that can be done again.
 */
export async function retryConnection<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const mayHeal = error instanceof TransientError || isDatabaseUnavailable(error);
      if (!mayHeal || performance.now() >= giveUpAt) throw error;
      await setTimeout(pause, undefined, { signal });
    }
  }
}
