import { InvalidInputError } from "@lethe/contracts/errors";
import type Type from "typebox";
import type { SCHEDULE_SETTINGS } from "../settings.js";
import { parseCron } from "./parse-cron.js";
import type { Cron } from "./ticks.js";

/** What schedules are allowed here. */
export interface ScheduleRules {
  /** False when no schedule fires here, whatever the ledger holds. */
  readonly on: boolean;
  /** Whether a schedule may fire more than once in a minute. */
  readonly subMinute: boolean;
}

/** Returns the rules that the settings state. */
export function scheduleRules(settings: Type.Static<Type.TObject<typeof SCHEDULE_SETTINGS>>): ScheduleRules {
  return { on: settings.LETHE_SCHEDULES === "on", subMinute: settings.LETHE_ALLOW_SUBMINUTE_SCHEDULES };
}

/** Checks a cron pattern and its time zone. Throws InvalidInputError, which names what is wrong and shows no value. */
export function checkSchedule(
  { cron, timezone }: Partial<Cron>,
  { subMinute }: Pick<ScheduleRules, "subMinute">,
): void {
  if (timezone !== undefined) checkTimezone(timezone);
  if (cron === undefined) return;
  if (parseCron(cron).seconds.length > 1 && !subMinute) {
    throw new InvalidInputError(
      "cron fires more than once in a minute; set LETHE_ALLOW_SUBMINUTE_SCHEDULES to allow that, or write one number of seconds",
    );
  }
}

/** Returns why a schedule that the ledger holds does not fire; undefined for one that does. */
export function problemOfSchedule(schedule: Cron, rules: Pick<ScheduleRules, "subMinute">): string | undefined {
  try {
    checkSchedule(schedule, rules);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message;
    throw error;
  }
}

function checkTimezone(timezone: string): void {
  // Newer versions of Node take +01:00 as the name of a zone, too; older ones could then not read the ledger.
  const isName = /^[A-Za-z]/.test(timezone);
  try {
    if (isName) new Intl.DateTimeFormat("en", { timeZone: timezone });
  } catch (error) {
    throw new InvalidInputError(TIMEZONE_WRONG, { cause: error });
  }
  if (!isName) throw new InvalidInputError(TIMEZONE_WRONG);
}

const TIMEZONE_WRONG = "timezone must be an IANA name like Europe/Zagreb";
