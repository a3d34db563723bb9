import { EXIT } from "../exit-codes.js";
import { InterruptedError } from "./interrupted-error.js";

export interface StopRequest {
  /** Aborts at the first signal, with an InterruptedError, or when something fails, with what that was. */
  readonly signal: AbortSignal;
  fail(reason: unknown): void;
  /** Stops listening for signals. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

// A terminal tells every process of its group, and some of them pass it on: that is one wish, heard twice.
const ONE_PRESS_MS = 500;

/**
 * Listens for the signals that ask this process to stop. A second one, later, ends it at once; services and servers notice
 * that by themselves.
 */
export function listenForStop(onFirst: (signal: string) => void): StopRequest {
  const controller = new AbortController();
  let interruptedAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (interruptedAt !== undefined) {
      if (performance.now() - interruptedAt > ONE_PRESS_MS) process.exit(EXIT.interrupted);
      return;
    }
    interruptedAt = performance.now();
    onFirst(signal);
    controller.abort(new InterruptedError(signal));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    fail: (reason) => controller.abort(reason),
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
