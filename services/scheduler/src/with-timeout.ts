import { TransientError } from "@lethe/contracts/errors";

const DEFAULT_TIMEOUT_MS = 3_000;

/**
 * Waits for work in Redis, whose commands never give up by themselves, but no longer than `timeoutMs` (three seconds
 * unless told); late work goes on unseen. Returns `done`, or the error that it failed with. Never throws.
 */
export async function withTimeout(
  work: Promise<unknown>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<"done" | { readonly error: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ error: unknown }>((resolve) => {
    timer = setTimeout(() => resolve({ error: new TransientError("Redis did not answer in time") }), timeoutMs);
  });
  const settled = work.then(
    () => "done" as const,
    (error: unknown) => ({ error }),
  );
  const outcome = await Promise.race([settled, late]);
  clearTimeout(timer);
  return outcome;
}
