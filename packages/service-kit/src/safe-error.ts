import { partitionFolderOf } from "@lethe/contracts/data-folders";
import { LetheError } from "@lethe/contracts/errors";
import { explainFileError, type FileProblem } from "@lethe/contracts/file-errors";
import { describeSqlState } from "@lethe/contracts/sql-states";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { explainRedisError, isRedisReply } from "./redis-errors.js";

/** The parts of an error that logs, Redis and the ledger may show. */
export interface SafeError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Where it was thrown, without the message. */
  readonly frames: readonly string[];
}

/**
 * Removes from an error everything that could hold personal data. Messages of other code quote input (JSON.parse quotes
 * the text that it cannot parse, PostgreSQL the value that it cannot cast), so this keeps the messages of Lethe's own errors
 * only. Of any other error it keeps the kind and the place.
 */
export function safeError(error: unknown): SafeError {
  if (isSafeError(error)) return error;
  const frames = error instanceof Error ? framesOf(error) : [];
  if (error instanceof LetheError) {
    return { code: error.code, message: error.message, retryable: error.retryable, frames };
  }
  const explanation = isRedisReply(error) ? explainRedisError(error) : undefined;
  if (explanation !== undefined) {
    return { code: explanation.code, message: `Redis ${explanation.message}`, retryable: true, frames };
  }
  const problem = explainFileError(error);
  if (problem !== undefined) {
    return { code: problem.code, message: describeFileProblem(error, problem), retryable: true, frames };
  }
  const code = identifierField(error, "code");
  if (code !== undefined && identifierField(error, "severity") !== undefined) {
    const places = ["table", "column", "constraint"].flatMap((field) => {
      const name = identifierField(error, field);
      return name === undefined ? [] : [`${field} ${name}`];
    });
    const reason = describeSqlState(code);
    return {
      code: "database_error",
      message: ["PostgreSQL answered", code, ...places].join(" ") + (reason === undefined ? "" : `: ${reason}`),
      retryable: true,
      frames,
    };
  }
  const name = error instanceof Error ? (identifierField(error, "name") ?? "Error") : typeof error;
  return {
    code: "unexpected",
    message: `unexpected ${name}${code === undefined ? "" : ` ${code}`}${frames[0] === undefined ? "" : ` ${frames[0]}`}`,
    retryable: true,
    frames,
  };
}

/** Names the folder that an error of the file system is about, as far down as the partition. */
function describeFileProblem(error: unknown, { message }: FileProblem): string {
  const isNoFolder = hasSystemCode(error, "ENOTDIR");
  const { path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  // Of a rename that failed, it is not known which of its two places is at fault, but for a folder that is none.
  const place = dest === undefined || isNoFolder ? partitionFolderOf(dest ?? path ?? "") : undefined;
  if (place === undefined) return `a file or folder of DATA_DIR ${message}`;
  if (!isNoFolder) return `something in ${place}, in DATA_DIR, ${message}`;
  return `${place}, in DATA_DIR, or what it lies in is a file and must be a folder: move the file away, then retry the run (ENOTDIR)`;
}

/** What has been stripped before is returned as it is: a logger's serializer may receive it. */
function isSafeError(error: unknown): error is SafeError {
  if (typeof error !== "object" || error === null || error instanceof Error) return false;
  return Object.keys(error).sort().join() === "code,frames,message,retryable";
}

const FRAME = /^\s+at (.* \()?(file:\/\/|node:|\/|[a-z]:[\\/]).*:\d+:\d+\)?$/i;

/** Returns the frames of an error's stack, without the message before them, whose lines may look like frames. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? "";
  const messageAt = stack.indexOf(error.message);
  const lines = stack.slice(messageAt === -1 ? 0 : messageAt + error.message.length).split("\n");
  return lines
    .filter((line) => FRAME.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}

/** Returns a field that holds a name or a code. A text with a space or a quote in it could be input. */
function identifierField(error: unknown, field: string): string | undefined {
  if (typeof error !== "object" || error === null || !(field in error)) return undefined;
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" && /^[\w.-]{1,63}$/.test(value) ? value : undefined;
}
