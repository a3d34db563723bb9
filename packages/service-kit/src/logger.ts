import { type DestinationStream, type LogFn, type Logger, type LoggerOptions, pino } from "pino";
import { safeError } from "./safe-error.js";

export type { Logger };

const SECRET_FIELDS = ["authorization", "cookie", "token", "password", "databaseUrl", "redisUrl"];

/** What holds whole records, whatever their dataset. */
const RECORD_FIELDS = ["payload"];

/**
 * Creates a service's logger: JSON lines on standard output or another destination, errors stripped by `safeError`.
 * `personalNames` are the fields that nothing should log; on the first three levels of a line they are redacted.
 */
export function createLogger(
  service: string,
  level: string,
  personalNames: readonly string[],
  // A process that ends at once, or whose log somebody reads as soon as it is ready, has written each of its lines.
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const fields = [...personalNames, ...RECORD_FIELDS, ...SECRET_FIELDS];
  const options: LoggerOptions = {
    level,
    base: { service },
    redact: { paths: fields.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]) },
    serializers: { err: safeError, error: safeError },
    hooks: { logMethod: replaceForeignMessage },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, destination);
}

/** Where no message is given, pino takes the error's own for one. */
function replaceForeignMessage(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, message, ...rest]: unknown[] = args;
  const error = errorIn(first);
  if (error === undefined) {
    method.apply(this, args);
    return;
  }
  const own = typeof message === "string" && message !== error.message ? message : safeError(error).message;
  method.apply(this, [first instanceof Error ? { err: first } : first, own, ...rest]);
}

function errorIn(logged: unknown): Error | undefined {
  if (logged instanceof Error) return logged;
  if (typeof logged !== "object" || logged === null) return undefined;
  const fields: { err?: unknown; error?: unknown } = logged;
  return [fields.err, fields.error].find((field) => field instanceof Error);
}
