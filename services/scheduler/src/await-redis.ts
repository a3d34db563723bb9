import { TransientError } from "@lethe/contracts/errors";
import { withTimeout } from "@lethe/service-kit/with-timeout";

const ANSWER_MS = 3_000;

/**
 * Waits for work in Redis, whose commands never give up by themselves, for no longer than `timeoutMs`. Late work goes on
 * unobserved. Returns `done`, or the error that the work failed with. Never throws.
 */
export async function awaitRedis(
  work: Promise<unknown>,
  timeoutMs = ANSWER_MS,
): Promise<"done" | { readonly error: unknown }> {
  const outcome = work.then(
    () => "done" as const,
    (error: unknown) => ({ error }),
  );
  return withTimeout(outcome, timeoutMs, () => ({ error: new TransientError("Redis did not answer in time") }));
}
