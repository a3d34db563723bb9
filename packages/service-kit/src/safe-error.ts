import { LetheError } from "@lethe/contracts/errors";

/** An error as logs, Redis and the ledger may show it. */
export interface SafeError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Where it was thrown, without the message. */
  readonly frames: readonly string[];
}

/**
 * Strips an error of what could hold personal data. Messages of other people's code quote input (JSON.parse shows the
 * text it stumbled over, PostgreSQL the value it could not cast), so only Lethe's own are kept; of the others the kind
 * and the place remain.
 */
export function safeError(error: unknown): SafeError {
  if (isSafeError(error)) return error;
  const frames = error instanceof Error ? framesOf(error) : [];
  if (error instanceof LetheError) {
    return { code: error.code, message: error.message, retryable: error.retryable, frames };
  }
  const code = identifierField(error, "code");
  if (code !== undefined && identifierField(error, "severity") !== undefined) {
    const places = ["table", "column", "constraint"].flatMap((field) => {
      const name = identifierField(error, field);
      return name === undefined ? [] : [`${field} ${name}`];
    });
    return {
      code: "database_error",
      message: ["PostgreSQL answered", code, ...places].join(" "),
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

/** What has been stripped once is passed on: a logger's serializer may meet it. */
function isSafeError(error: unknown): error is SafeError {
  if (typeof error !== "object" || error === null || error instanceof Error) return false;
  return Object.keys(error).sort().join() === "code,frames,message,retryable";
}

const FRAME = /^\s+at (.* \()?(file:\/\/|node:|\/|[a-z]:[\\/]).*:\d+:\d+\)?$/i;

/** Returns the places of an error's stack. It begins with the message, whose lines may look like places. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? "";
  const messageAt = stack.indexOf(error.message);
  const lines = stack.slice(messageAt === -1 ? 0 : messageAt + error.message.length).split("\n");
  return lines
    .filter((line) => FRAME.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}

/** Returns a field that holds a name or a code; anything with a space or a quote in it could be input. */
function identifierField(error: unknown, field: string): string | undefined {
  if (typeof error !== "object" || error === null || !(field in error)) return undefined;
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" && /^[\w.-]{1,63}$/.test(value) ? value : undefined;
}
