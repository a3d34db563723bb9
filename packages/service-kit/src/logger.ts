import { type Logger, pino } from "pino";
import { safeError } from "./safe-error.js";

export type { Logger };

// Fields of the input, wherever they stand in a log line. Nothing should log them; this is the second lock.
const PERSONAL_FIELDS = [
  "first_name",
  "last_name",
  "date_of_birth",
  "email",
  "phone_number",
  "address",
  "city",
  "postcode",
  "delivery_address",
  "customer_id",
  "payload",
];
const SECRET_FIELDS = ["authorization", "cookie", "token", "password", "databaseUrl", "redisUrl"];

/** Makes a service's logger: JSON lines on standard output, errors stripped by `safeError`, known fields redacted. */
export function createLogger(service: string, level: string): Logger {
  const fields = [...PERSONAL_FIELDS, ...SECRET_FIELDS];
  return pino({
    level,
    base: { service },
    redact: {
      paths: [...fields, ...fields.map((field) => `*.${field}`), "req.headers.authorization", "req.headers.cookie"],
    },
    serializers: { err: safeError, error: safeError },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
