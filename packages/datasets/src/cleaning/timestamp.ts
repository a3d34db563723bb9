import { isCalendarDate } from "@lethe/contracts/partition";

const FORM = /^\d{4}-\d{2}-\d{2}[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-5]):?[0-5]\d)?$/;
const ZONE = /[Z+-]/;
/** Where, in a text of that form, the time of day begins and its whole seconds end. */
const TIME = "YYYY-MM-DDT".length;
const SECONDS_END = "YYYY-MM-DDThh:mm:ss".length;

/**
 * Returns an instant as ISO 8601 with its zone, to the microsecond as it came; without a zone it is taken as UTC.
 * Undefined for what is no instant, 2020-02-30 among it.
 */
export function parseTimestamp(text: string): string | undefined {
  if (!FORM.test(text)) return undefined;
  const date = text.slice(0, TIME - 1);
  if (!isCalendarDate(date)) return undefined;
  const zone = ZONE.test(text.slice(SECONDS_END)) ? "" : "Z";
  return `${date}T${text.slice(TIME)}${zone}`;
}
