import { InvalidInputError } from "@lethe/contracts/errors";
import { CronExpressionParser } from "cron-parser";

/** A cron pattern and its time zone. */
export interface Cron {
  readonly cron: string;
  readonly timezone: string;
}

/** Checks a cron pattern of 5 fields, or of 6 with seconds first. Throws InvalidInputError. */
export function checkCron(cron: string): void {
  const fields = cron.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) throw new InvalidInputError("cron must have 5 fields, or 6 with seconds first");
  try {
    // Some patterns parse and never fire (31 February), which shows when the next tick is computed.
    CronExpressionParser.parse(cron, { tz: "UTC" }).next();
  } catch (error) {
    throw new InvalidInputError("cron is not one that fires", { cause: error });
  }
}

/** Checks that a text is the IANA name of a time zone. Throws InvalidInputError. */
export function checkTimezone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch (error) {
    throw new InvalidInputError("timezone must be an IANA name like Europe/Zagreb", { cause: error });
  }
}

/** Returns the first tick after an instant. */
export function nextTick({ cron, timezone }: Cron, after: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: after }).next().toDate();
}

/** Returns the last tick before an instant. */
export function previousTick({ cron, timezone }: Cron, before: Date): Date {
  return CronExpressionParser.parse(cron, { tz: timezone, currentDate: before }).prev().toDate();
}
