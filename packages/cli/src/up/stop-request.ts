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

/**
 * Listens for the signals that ask this process to stop. A second one ends it at once; services and servers notice
 * that by themselves.
 */
export function listenForStop(onFirst: (signal: string) => void): StopRequest {
  const controller = new AbortController();
  let interrupted = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (interrupted) process.exit(EXIT.interrupted);
    interrupted = true;
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
