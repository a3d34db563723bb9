import type { Logger } from "./logger.js";

/** What a service exits with after an error that nobody has handled: `EX_SOFTWARE` of sysexits.h. */
export const UNEXPECTED_EXIT = 70;

/**
 * Handles what nothing else has: an exception or a rejected promise that reaches the process. Logs each, stripped as every error
 * is, sets the exit code, and calls `onFirst` once, which is to end the process in order: nobody knows in what state the rest
 * is. What has not ended after `graceMs` is ended.
 */
export function handleUnexpected(log: Logger, graceMs: number, onFirst: () => void): void {
  let isFirst = true;
  const handle = (error: unknown) => {
    process.exitCode = UNEXPECTED_EXIT;
    // The disk that the log lies on may be what has failed.
    try {
      log.fatal({ error }, "an error that nothing handles ends the service");
    } catch {}
    if (!isFirst) return;
    isFirst = false;
    setTimeout(() => process.exit(UNEXPECTED_EXIT), graceMs).unref();
    onFirst();
  };
  process.on("uncaughtException", handle);
  process.on("unhandledRejection", handle);
}
