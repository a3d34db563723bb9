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
  const code = textField(error, "code");
  if (textField(error, "severity") !== undefined && code !== undefined) {
    const places = ["table", "column", "constraint"].flatMap((field) => {
      const value = textField(error, field);
      return value === undefined ? [] : [`${field} ${value}`];
    });
    return {
      code: "database_error",
      message: ["PostgreSQL answered", code, ...places].join(" "),
      retryable: true,
      frames,
    };
  }
  const name = error instanceof Error ? error.name : typeof error;
  return {
    code: "unexpected",
    message: `unexpected ${name}${code === undefined ? "" : ` ${code}`}${frames[0] === undefined ? "" : ` ${frames[0]}`}`,
    retryable: true,
    frames,
  };
}

/** What has been stripped once is passed on: a logger's serializer may meet it. */
function isSafeError(error: unknown): error is SafeError {
  return typeof error === "object" && error !== null && !(error instanceof Error) && "frames" in error;
}

function framesOf(error: Error): string[] {
  const lines = error.stack?.split("\n") ?? [];
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}

function textField(error: unknown, field: string): string | undefined {
  if (typeof error !== "object" || error === null || !(field in error)) return undefined;
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : undefined;
}
