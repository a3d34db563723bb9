import type { Environment } from "@lethe/service-kit/settings";
import { EXIT } from "../exit-codes.js";
import { InterruptedError } from "./interrupted-error.js";
import { watchStarters } from "./watch-starters.js";

export interface StopRequest {
  /** Aborts at the first signal, or the end of npm, with an InterruptedError, or when something fails, with what that was. */
  readonly signal: AbortSignal;
  fail(reason: unknown): void;
  /** Stops listening. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// A terminal tells every process of its group, and some of them pass it on: that is one wish, heard twice.
const ONE_PRESS_MS = 500;

/**
 * Listens for the signals that ask this process to stop, and for the end of the npm that has started it. A second signal, later,
 * ends it at once; services and servers notice that by themselves.
 */
export async function listenForStop(environment: Environment, onFirst: (what: string) => void): Promise<StopRequest> {
  const controller = new AbortController();
  let interruptedAt: number | undefined;
  const stop = (what: string) => {
    if (interruptedAt !== undefined) return false;
    interruptedAt = performance.now();
    onFirst(what);
    controller.abort(new InterruptedError(what));
    return true;
  };
  const onSignal = (signal: NodeJS.Signals) => {
    const before = interruptedAt;
    if (stop(signal) || before === undefined) return;
    if (performance.now() - before > ONE_PRESS_MS) process.exit(EXIT.interrupted);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const stopWatching = await watchStarters(environment, () => void stop("the process that started this one ended"));
  return {
    signal: controller.signal,
    fail: (reason) => controller.abort(reason),
    release: () => {
      stopWatching();
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
