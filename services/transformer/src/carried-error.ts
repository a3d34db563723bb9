import {
  ConfigurationError,
  InvalidInputError,
  type LetheError,
  NotFoundError,
  PathRefusedError,
  StagedObjectError,
  TransientError,
} from "@lethe/contracts/errors";

/** An error on its way between threads: structured cloning keeps neither its class nor its code. */
export interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Node's own errors have one. */
  readonly code: string | undefined;
}

// Those that can come up where a batch is read, transformed and written.
const CLASSES: readonly (new (message: string) => LetheError)[] = [
  ConfigurationError,
  InvalidInputError,
  NotFoundError,
  PathRefusedError,
  StagedObjectError,
  TransientError,
];

/**
 * Converts an error into a plain object that can be sent from a thread to the main process. `reviveError` creates the
 * error again.
 */
export function carryError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { name: typeof error, message: "", stack: undefined, code: undefined };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { name: error.name, message: error.message, stack: error.stack, code };
}

/**
 * Creates an error from an object that `carryError` returned: an instance of the same class for Lethe's own errors,
 * otherwise a plain Error with the same name and code.
 */
export function reviveError({ name, message, stack, code }: CarriedError): Error {
  const Class = CLASSES.find((candidate) => candidate.name === name);
  const error = Class === undefined ? new Error(message) : new Class(message);
  if (Class === undefined) Object.assign(error, { name, ...(code !== undefined && { code }) });
  if (stack !== undefined) error.stack = stack;
  return error;
}
