import { type DestinationStream, type LogFn, type Logger, type LoggerOptions, pino } from "pino";
import { createRepeatFilter, type RepeatFilter } from "./repeat-filter.js";
import { safeError } from "./safe-error.js";

export type { Logger };

const SECRET_FIELDS = ["authorization", "cookie", "token", "password", "databaseUrl", "redisUrl"];

/** What holds whole records, whatever their dataset. */
const RECORD_FIELDS = ["payload"];

/**
 * Creates a service's logger: JSON lines on standard output or another destination, errors stripped by `safeError`.
 * `personalNames` are the fields that nothing should log; on the first three levels of a line they are redacted.
 *
 * Of warnings and errors that say the same again and again, as a worker without Redis does ten times a second, the first is printed and
 * then one line in half a minute, with `repeated`, the number of those held back. Whoever logs need not think of it.
 */
export function createLogger(
  service: string,
  level: string,
  personalNames: readonly string[],
  // A process that ends at once, or whose log somebody reads as soon as it is ready, has written each of its lines.
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const fields = [...personalNames, ...RECORD_FIELDS, ...SECRET_FIELDS];
  const filter = createRepeatFilter();
  const options: LoggerOptions = {
    level,
    base: { service },
    redact: { paths: fields.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]) },
    serializers: { err: safeError, error: safeError },
    hooks: {
      logMethod(args, method, level) {
        const line = withOwnMessage(args);
        if (level < WARN || isNews(filter, this, level, line, method)) method.apply(this, line);
      },
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const logger = pino(options, destination);
  filters.set(logger, filter);
  return logger;
}

const filters = new WeakMap<object, RepeatFilter>();

/** Prints what a logger has held back: call it when the process ends. */
export function endLog(logger: Logger): void {
  filters.get(logger)?.end();
}

const WARN = 40;

type Line = Parameters<LogFn>;

/** Asks the filter about a line. Two that have the same fields, message and kind of error say the same. */
function isNews(filter: RepeatFilter, log: Logger, level: number, line: Line, method: LogFn): boolean {
  const [first, text]: unknown[] = line;
  const fields = typeof first === "object" && first !== null ? first : {};
  const message = typeof first === "string" ? first : String(text ?? "");
  const found = errorIn(fields);
  const error = found === undefined ? undefined : safeError(found);
  const family = `${level} ${message} ${error?.code ?? ""}`;
  // Of a server's own words, such as those of a cluster about the place of a key, the numbers change each time.
  const said = error?.message.replaceAll(/\d+/g, "#");
  const others = Object.entries(fields).filter(([, value]) => value !== found);
  const thing = [family, said, JSON.stringify(log.bindings()), JSON.stringify(others)].join("\n");
  return filter.isNews(thing, family, (heldBack, inAll, hasEnded) => {
    if (hasEnded) log.info({ ...Object.fromEntries(others), repeated: inAll }, `no longer: ${message}`);
    else method.apply(log, [{ ...fields, repeated: heldBack }, message]);
  });
}

/** Returns the arguments of a line with a message of ours. Where none is given, pino takes the error's own for one. */
function withOwnMessage(args: Line): Line {
  const [first, message, ...rest]: unknown[] = args;
  const error = errorIn(first);
  if (error === undefined) return args;
  const own = typeof message === "string" && message !== error.message ? message : safeError(error).message;
  return [first instanceof Error ? { err: first } : first, own, ...rest];
}

function errorIn(logged: unknown): Error | undefined {
  if (logged instanceof Error) return logged;
  if (typeof logged !== "object" || logged === null) return undefined;
  const fields: { err?: unknown; error?: unknown } = logged;
  return [fields.err, fields.error].find((field) => field instanceof Error);
}
