import {
  ConfigurationError,
  IdentityDoubtError,
  InvalidInputError,
  LetheError,
  NotFoundError,
  RedisUnavailableError,
  RoleRequiredError,
  RunActiveError,
  RunStateError,
  TransientError,
  UnfitDatabaseError,
} from "@lethe/contracts/errors";
import { explainFileError } from "@lethe/contracts/file-errors";
import type { Run } from "@lethe/contracts/runs";
import { isRedisReply } from "@lethe/service-kit/redis-errors";
import { safeError } from "@lethe/service-kit/safe-error";
import { isDatabaseUnavailable } from "@lethe/warehouse/unavailable";

/** What the `lethe` command exits with; scripts may rely on it. */
export const EXIT = {
  succeeded: 0,
  failed: 1,
  wrongUsage: 2,
  unreachable: 3,
  runActive: 4,
  notTaken: 5,
  unwell: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit codes as `--help` shows them. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    done; every run that was followed succeeded
  1    a run failed or was cancelled, an erasure's check found something, or something unforeseen happened
  2    an argument or a setting is wrong
  3    PostgreSQL or Redis does not answer, or takes no writes at the moment
  4    the job already has an active run
  5    done, but files or folders were left: not copied from RAW_DATA_DIR, or not taken from landing
  7    \`lethe doctor\` has found an error
  130  interrupted before it was done`;

/** Returns the exit code of runs that have ended. That something failed matters more than that something was left. */
export function exitCodeOf(runs: readonly Pick<Run, "state" | "notTaken">[], isAllCopied = true): ExitCode {
  if (runs.some(({ state }) => state !== "succeeded")) return EXIT.failed;
  return isAllCopied && runs.every(({ notTaken }) => notTaken === 0) ? EXIT.succeeded : EXIT.notTaken;
}

/** Returns the exit code and the text for a person that an error stands for. The text never quotes a record. */
export function explainError(error: unknown): { readonly exitCode: ExitCode; readonly message: string } {
  if (error instanceof RunActiveError) return { exitCode: EXIT.runActive, message: error.message };
  if (error instanceof TransientError || error instanceof RedisUnavailableError) {
    return { exitCode: EXIT.unreachable, message: error.message };
  }
  if (WRONG_USAGE.some((errorClass) => error instanceof errorClass)) {
    return { exitCode: EXIT.wrongUsage, message: safeError(error).message };
  }
  if (isRedisReply(error)) return { exitCode: EXIT.unreachable, message: safeError(error).message };
  const code = codeOf(error);
  if (code !== undefined && NO_LEDGER.includes(code)) {
    return { exitCode: EXIT.wrongUsage, message: "the database has no ledger yet; run `lethe migrate` first" };
  }
  if (code === INSUFFICIENT_PRIVILEGE) return { exitCode: EXIT.wrongUsage, message: safeError(error).message };
  if (isDatabaseUnavailable(error)) {
    const reason = code === undefined ? "" : ` (${code})`;
    return { exitCode: EXIT.unreachable, message: `PostgreSQL or Redis does not answer${reason}` };
  }
  if (explainFileError(error) !== undefined) return { exitCode: EXIT.failed, message: safeError(error).message };
  const { message, frames } = safeError(error);
  // Where it happened helps with what nobody foresaw; an error of Lethe's own says all there is to say.
  const lines = error instanceof LetheError ? [message] : [message, ...frames];
  return { exitCode: EXIT.failed, message: lines.join("\n  ") };
}

const WRONG_USAGE = [
  ConfigurationError,
  InvalidInputError,
  IdentityDoubtError,
  NotFoundError,
  RoleRequiredError,
  RunStateError,
  UnfitDatabaseError,
];

// PostgreSQL's undefined_table and invalid_schema_name.
const NO_LEDGER = ["42P01", "3F000"];

// Said of PostgreSQL alone: the file system's errors have other codes.
const INSUFFICIENT_PRIVILEGE = "42501";

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
