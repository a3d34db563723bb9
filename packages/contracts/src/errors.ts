/**
 * The root of every error that Lethe throws on purpose. `code` is stable: scripts, the API and the ledger carry it.
 * The message is shown to people and stored in Redis, so it never holds a value of a record.
 */
export abstract class LetheError extends Error {
  abstract readonly code: string;
  /** Whether a worker may try the same job again and hope for another outcome. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting is missing or wrong. The message names the setting, never its value. The process must not start. */
export class ConfigurationError extends LetheError {
  readonly code = "configuration_invalid";
  readonly retryable = false;
}

/** A request, a command or a job's payload is not of the form that its schema asks for. */
export class InvalidInputError extends LetheError {
  readonly code = "input_invalid";
  readonly retryable = false;
}

/** A run, a batch, a schedule or a file that was asked for does not exist. */
export class NotFoundError extends LetheError {
  readonly code = "not_found";
  readonly retryable = false;
}

/** The job already has an open run; one run per job is active at a time. */
export class RunActiveError extends LetheError {
  readonly code = "run_active";
  readonly retryable = false;

  constructor(
    readonly job: string,
    readonly activeRunId: string,
  ) {
    super(`${job} already has an active run, ${activeRunId}`);
  }
}

/** The run is not in a state in which this can be done to it (a finished run cannot be cancelled). */
export class RunStateError extends LetheError {
  readonly code = "run_state";
  readonly retryable = false;
}

/** A path from outside leads out of its root folder, or over a symbolic link. */
export class PathRefusedError extends LetheError {
  readonly code = "path_refused";
  readonly retryable = false;
}

/** A file as a whole cannot be taken in: torn gzip, a record over the limit, not readable. */
export class UnreadableFileError extends LetheError {
  readonly code = "file_unreadable";
  readonly retryable = false;
}

/** The suppression list changed after the batch was masked: it must be masked again before it may be loaded. */
export class StaleSuppressionError extends LetheError {
  readonly code = "suppression_stale";
  readonly retryable = true;
}

/** A batch's columns differ from the contract, and the settings say that it must then not be loaded. */
export class SchemaChangedError extends LetheError {
  readonly code = "schema_changed";
  readonly retryable = false;
}

/** A staged object is missing or shorter than the ledger says. */
export class StagedObjectError extends LetheError {
  readonly code = "staged_object_damaged";
  readonly retryable = false;
}

/** More of a batch's records than the limit exhaust memory, stack or time: something is wrong with all of them. */
export class PoisonedBatchError extends LetheError {
  readonly code = "batch_poisoned";
  readonly retryable = false;
}

/** Something outside did not answer or gave way (a lost connection, a deadlock); the same work may succeed later. */
export class TransientError extends LetheError {
  readonly code = "transient";
  readonly retryable = true;
}
