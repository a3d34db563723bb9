const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

// Abbreviations of zones that mean one offset: those of RFC 5322, and European ones. Others mean several.
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ...["UTC", "GMT", "UT", "WET"].map((name) => [name, "Z"] as const),
  ...["WEST", "CET"].map((name) => [name, "+01"] as const),
  ...["CEST", "EET"].map((name) => [name, "+02"] as const),
  ["EEST", "+03"],
  ["EDT", "-04"],
  ["EST", "-05"],
  ["CDT", "-05"],
  ["CST", "-06"],
  ["MDT", "-06"],
  ["MST", "-07"],
  ["PDT", "-07"],
  ["PST", "-08"],
]);

const CLOCK = "(\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?)";
/** `Thu Apr 01 10:00:00 2021 CEST`, with the day before the month or behind it. */
const POSTGRES = new RegExp(
  `^[a-z]{3} (?:([a-z]{3}) (\\d{1,2})|(\\d{1,2}) ([a-z]{3})) ${CLOCK} (\\d{4})(?: (.+))?$`,
  "i",
);
/** `04/01/2021 10:00:00 CEST` of the style SQL, `01.04.2021 10:00:00 CEST` of the style German. */
const SQL = new RegExp(`^(\\d{1,2})([/.])(\\d{1,2})\\2(\\d{4}) ${CLOCK}(?: ?(.+))?$`, "i");

/**
 * Rewrites an instant in another style of PostgreSQL's output as ISO 8601; any other text is returned as it is. Where day and
 * month cannot be told apart, or an abbreviation means several zones, it returns what is wrong.
 */
export function normalisePostgresForm(text: string): string | { readonly problem: string } {
  const postgres = POSTGRES.exec(text);
  if (postgres !== null) {
    const [, month, day, dayFirst, monthLast, clock, year, zone] = postgres;
    const number = MONTHS.indexOf((month ?? monthLast ?? "").toLowerCase()) + 1;
    return number === 0 ? text : join(year, String(number), day ?? dayFirst, clock, zone);
  }
  const sql = SQL.exec(text);
  if (sql !== null) {
    const [, first = "", separator, second = "", year, clock, zone] = sql;
    // Dots stand between day, month and year alone. With slashes either may come first.
    if (separator === ".") return join(year, second, first, clock, zone);
    if (first === second || Number(second) > 12) return join(year, first, second, clock, zone);
    if (Number(first) > 12) return join(year, second, first, clock, zone);
    return { problem: "is ambiguous: day and month cannot be told apart" };
  }
  const named = /^(.*\d) ?([a-z]{2,5})$/i.exec(text);
  if (named === null || !/[ t]\d{2}:?\d{2}/i.test(text)) return text;
  const offset = offsetOf(named[2] ?? "");
  return offset === undefined ? AMBIGUOUS_ZONE : `${named[1]}${offset}`;
}

function join(
  year: string | undefined,
  month: string,
  day: string | undefined,
  clock = "",
  zone: string | undefined,
): string | { readonly problem: string } {
  const date = `${year}-${month.padStart(2, "0")}-${day?.padStart(2, "0")}`;
  if (zone === undefined || /^(?:Z|[+-])/i.test(zone)) return `${date} ${clock}${zone ?? ""}`;
  const offset = offsetOf(zone);
  return offset === undefined ? AMBIGUOUS_ZONE : `${date} ${clock}${offset}`;
}

function offsetOf(abbreviation: string): string | undefined {
  return ABBREVIATIONS.get(abbreviation.toUpperCase());
}

const AMBIGUOUS_ZONE = {
  problem: "has an abbreviation of a zone that may mean several: an offset such as +02:00 does not",
};
