import type { Role } from "./roles.js";

/**
 * The base class of every error that Lethe throws on purpose. `code` is stable: scripts, the API and the ledger rely on it.
 * The message is shown to people and stored in Redis, so it never holds a value of a record.
 */
export abstract class LetheError extends Error {
  abstract readonly code: string;
  /** Whether the same job may succeed when it is tried again. */
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting is missing or wrong, and the process must not start. The message names the setting, never its value. */
export class ConfigurationError extends LetheError {
  readonly code = "configuration_invalid";
  readonly retryable = false;
}

/**
 * The database server is set up in a way that Lethe cannot work with and cannot change by itself. `code` names the check that
 * found it, such as `database_encoding`; the message names the setting, its value and the remedy.
 */
export class UnfitDatabaseError extends LetheError {
  readonly retryable = false;

  constructor(
    readonly code: `database_${string}`,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A request, a command or a job's payload does not match its schema. */
export class InvalidInputError extends LetheError {
  readonly code = "input_invalid";
  readonly retryable = false;
}

/** An object of the JSON that came has a key twice: who sent it and who reads it may take different ones of the values. */
export class RepeatedKeyError extends LetheError {
  readonly code = "repeated_key";
  readonly retryable = false;
}

/** What was asked for, such as a run or a batch, does not exist. */
export class NotFoundError extends LetheError {
  readonly code = "not_found";
  readonly retryable = false;
}

/** The job has an active run already. One run per job and kind is active at a time. */
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

/** The state of the run does not allow the operation: a finished run cannot be cancelled. */
export class RunStateError extends LetheError {
  readonly code = "run_state";
  readonly retryable = false;
}

/** The token that was shown is of a role that may not do what was asked. */
export class RoleRequiredError extends LetheError {
  readonly code = "role_required";
  readonly retryable = false;

  constructor(
    readonly requiredRole: Role,
    name: string,
    role: Role,
  ) {
    super(`this needs a token of the role ${requiredRole} (or admin); ${name} is a token of the role ${role}`);
  }
}

/** The database is older than a checkpoint that the installation has signed: a backup was restored. Nothing may be loaded. */
export class DatabaseRolledBackError extends LetheError {
  readonly code = "database_rolled_back";
  readonly retryable = false;
}

/** It may be somebody else who asks for a person's data: a person must find out who it is (GDPR Art. 12(6)). */
export class IdentityDoubtError extends LetheError {
  readonly code = "identity_doubt";
  readonly retryable = false;
}

/** A service was not given a key that this takes. */
export class ServiceKeyError extends LetheError {
  readonly code = "privacy_key_missing";
  readonly retryable = false;
}

/** A path from outside leads out of its root folder or through a symbolic link. */
export class PathRefusedError extends LetheError {
  readonly code = "path_refused";
  readonly retryable = false;
}

/** A file as a whole cannot be read: it is damaged, or one of its records is over the limit. */
export class UnreadableFileError extends LetheError {
  readonly code = "file_unreadable";
  readonly retryable = false;
}

/** A file is of a kind that holds no records that can be read, or is encrypted. The message says what it is and what to do. */
export class UnsupportedFormatError extends UnreadableFileError {}

/** The suppression list has changed since the batch was masked. The batch must be masked again before it is loaded. */
export class StaleSuppressionError extends LetheError {
  readonly code = "suppression_stale";
  readonly retryable = true;
}

/** Quarantined records were masked or closed after a replay had staged them. The replay must take them from quarantine again. */
export class StaleReplayError extends LetheError {
  readonly code = "replay_stale";
  readonly retryable = true;
}

/** A batch's columns differ from the dataset's schema, and the settings say not to load such a batch. */
export class SchemaChangedError extends LetheError {
  readonly code = "schema_changed";
  readonly retryable = false;
}

/** A staged object is missing or damaged. */
export class StagedObjectError extends LetheError {
  readonly code = "staged_object_damaged";
  readonly retryable = false;
}

/** More records of a batch than the limit exhaust memory, stack or time. */
export class PoisonedBatchError extends LetheError {
  readonly code = "batch_poisoned";
  readonly retryable = false;
}

/** Something outside failed for now, by a lost connection or a deadlock. The same work may succeed later. */
export class TransientError extends LetheError {
  readonly code = "transient";
  readonly retryable = true;
}

/** What PostgreSQL or Redis was asked for on behalf of a caller did not come in time; whether it is done later is not known. */
export class LateAnswerError extends LetheError {
  readonly code = "no_answer_in_time";
  readonly retryable = true;
}

/**
 * Somebody else has taken over the work that this process holds a lost lock on, and this write of it was refused. The job is the
 * other's now: trying again waits for it.
 */
export class LostLockError extends LetheError {
  readonly code = "fenced_off";
  readonly retryable = true;
}

/** Redis does not answer, or takes no writes at the moment. `code` is the reason, which `/readyz` shows, too. */
export class RedisUnavailableError extends LetheError {
  readonly retryable = true;

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The data folder cannot be worked on at the moment. `code` is the reason, which `/readyz` shows, too. */
export class FolderUnavailableError extends LetheError {
  readonly retryable = true;

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was to be started runs already, on the same data folder. The message says where, and what to do. */
export class AlreadyRunningError extends LetheError {
  readonly code = "already_running";
  readonly retryable = false;
}

/** A server of the local stack ended, or was asked to, by somebody else than the process that started it. */
export class ServerEndedError extends LetheError {
  readonly code = "server_ended";
  readonly retryable = false;
}

/**
 * The database's schema is of another version than this program. The message names both, and what to do. A job that meets it
 * goes back to its queue, for a service of the right version.
 */
export class SchemaVersionError extends LetheError {
  readonly retryable = true;

  constructor(
    readonly code: "schema_newer" | "schema_older" | "schema_other",
    message: string,
  ) {
    super(message);
  }
}
