import {
  AlreadyRunningError,
  ConfigurationError,
  IdentityDoubtError,
  InvalidInputError,
  LetheError,
  NotFoundError,
  RedisUnavailableError,
  RoleRequiredError,
  RunActiveError,
  RunStateError,
  SchemaVersionError,
  TransientError,
  UnfitDatabaseError,
} from "@lethe/contracts/errors";
import { explainFileError } from "@lethe/contracts/file-errors";
import { hasSucceeded, type Run } from "@lethe/contracts/runs";
import { isRedisReply } from "@lethe/service-kit/redis-errors";
import { safeError } from "@lethe/service-kit/safe-error";
import { isDatabaseUnavailable } from "@lethe/warehouse/unavailable";
import { withWhereToLook } from "./where-to-look.js";

/** Every exit code with what it means: `--help`, the README's table and the code itself follow from it. */
const EXIT_CODES = {
  succeeded: { code: 0, means: "done; every run that was followed succeeded" },
  failed: {
    code: 1,
    means:
      "a run failed or was cancelled, an erasure's check found something, a service or a server ended by itself, `npm start` " +
      "could not install or build, or something unforeseen happened",
  },
  wrongUsage: {
    code: 2,
    means:
      "an argument, a request, a setting, DATA_DIR or the way in which a server is set up is wrong, what is named does not " +
      "exist or is past what was asked, the schema is of another version, or its steps need the operator's word",
  },
  unreachable: {
    code: 3,
    means: "PostgreSQL or Redis does not answer, or takes no writes at the moment; a run that was followed goes on",
  },
  runActive: { code: 4, means: "the job already has an active run; its id is printed" },
  notTaken: {
    code: 5,
    means: "done, but files or folders were left: not copied from RAW_DATA_DIR, or not taken from landing",
  },
  alreadyRunning: { code: 6, means: "`lethe up` or `npm start` runs on this DATA_DIR already; where is printed" },
  unwell: { code: 7, means: "`lethe doctor` has found an error" },
  warned: {
    code: 8,
    means:
      "done, but a run succeeded with warnings: more of its records were rejected, or wait for a customer or a product, than " +
      "its dataset allows",
  },
  interrupted: { code: 130, means: "interrupted before it was done" },
} as const;

type ExitName = keyof typeof EXIT_CODES;
export type ExitCode = (typeof EXIT_CODES)[ExitName]["code"];

/** What the `lethe` command exits with; scripts may rely on it. */
export const EXIT = Object.fromEntries(
  Object.entries(EXIT_CODES).map(([name, { code }]) => [name, code]),
) as unknown as { readonly [N in ExitName]: (typeof EXIT_CODES)[N]["code"] };

const HELP_WIDTH = 110;

/** The exit codes as `--help` shows them. */
export const EXIT_CODES_HELP = ["\nExit codes:", ...Object.values(EXIT_CODES).map(toHelp)].join("\n");

function toHelp({ code, means }: (typeof EXIT_CODES)[ExitName]): string {
  const lines = [""];
  for (const word of means.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length <= HELP_WIDTH) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.map((line, i) => `  ${(i === 0 ? String(code) : "").padEnd(5)}${line}`).join("\n");
}

/** Returns the table of exit codes in Markdown. */
export function exitCodesTable(): string {
  const rows = Object.values(EXIT_CODES).map(({ code, means }) => [String(code), means] as const);
  const width = Math.max(...rows.map(([, means]) => means.length));
  const line = ([code, means]: readonly [string, string]) => `| ${code.padEnd(4)} | ${means.padEnd(width)} |\n`;
  return [["code", "means"] as const, ["----", "-".repeat(width)] as const, ...rows].map(line).join("");
}

/** Returns the exit code of runs that have ended. That something failed matters more than that something was left, and that more than a warning. */
export function exitCodeOf(runs: readonly Pick<Run, "state" | "notTaken">[], isAllCopied = true): ExitCode {
  if (runs.some(({ state }) => !hasSucceeded(state))) return EXIT.failed;
  if (!isAllCopied || runs.some(({ notTaken }) => notTaken > 0)) return EXIT.notTaken;
  return runs.some(({ state }) => state === "succeeded_with_warnings") ? EXIT.warned : EXIT.succeeded;
}

/** Returns the exit code and the text for a person that an error stands for. The text never quotes a record. */
export function explainError(error: unknown): { readonly exitCode: ExitCode; readonly message: string } {
  if (error instanceof AlreadyRunningError) return { exitCode: EXIT.alreadyRunning, message: error.message };
  if (error instanceof RunActiveError) return { exitCode: EXIT.runActive, message: error.message };
  if (error instanceof TransientError || error instanceof RedisUnavailableError) {
    return { exitCode: EXIT.unreachable, message: error.message };
  }
  if (WRONG_USAGE.some((errorClass) => error instanceof errorClass)) {
    const { message } = safeError(error);
    return { exitCode: EXIT.wrongUsage, message: error instanceof NotFoundError ? withWhereToLook(message) : message };
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
  SchemaVersionError,
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
