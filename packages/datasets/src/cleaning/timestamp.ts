import { isCalendarDate } from "@lethe/contracts/partition";

const FORM = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,6})?(Z|[+-](?:0\d|1[0-5]):?[0-5]\d)?$/;

/**
 * Gives an instant as ISO 8601 with its zone, to the microsecond as it came; without a zone it is taken as UTC.
 * Undefined for what is no instant, 2020-02-30 among it.
 */
export function parseTimestamp(text: string): string | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, date = "", hour, minute, second, fraction = "", zone = "Z"] = match;
  if (!isCalendarDate(date)) return undefined;
  return `${date}T${hour}:${minute}:${second}${fraction}${zone}`;
}
