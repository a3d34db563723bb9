/** Returns what a time zone's clocks show beyond UTC at an instant, in milliseconds. Throws RangeError for an unknown zone. */
export function zoneOffset(timezone: string, instant: number): number {
  const parts = formatterOf(timezone).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)?.value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(instant / SECOND_MS) * SECOND_MS;
}

/** The one change of a zone's offset between two instants: the first instant of the new offset. */
export function changeOfOffset(timezone: string, from: number, to: number): number {
  const before = zoneOffset(timezone, from);
  let [last, first] = [from, to];
  while (first - last > SECOND_MS) {
    const middle = Math.floor((last + first) / 2 / SECOND_MS) * SECOND_MS;
    if (zoneOffset(timezone, middle) === before) last = middle;
    else first = middle;
  }
  return first;
}

const SECOND_MS = 1_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** To create a formatter costs a thousand times what its use does. There are some 600 zones. */
function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(timezone, formatter);
  return formatter;
}
