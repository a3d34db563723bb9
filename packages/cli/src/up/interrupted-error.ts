import { LetheError } from "@lethe/contracts/errors";

/** A person or the system asked the command to stop before it was done. */
export class InterruptedError extends LetheError {
  readonly code = "interrupted";
  readonly retryable = false;

  constructor(readonly signal: string) {
    super(`stopped by ${signal}`);
  }
}
