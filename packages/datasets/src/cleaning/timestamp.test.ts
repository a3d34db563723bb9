import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDay, parseInstant } from "./timestamp.js";

const instant = fc.date({
  min: new Date("0001-01-02T00:00:00Z"),
  max: new Date("9999-12-30T00:00:00Z"),
  noInvalidDate: true,
});
const two = (number: number) => String(number).padStart(2, "0");
const zone = fc.oneof(
  fc.constantFrom("", "Z"),
  fc
    .tuple(
      fc.constantFrom("+", "-"),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom(":", ""),
    )
    .map(([sign, hours, minutes, colon]) => `${sign}${two(hours)}${colon}${two(minutes)}`),
);

/** Milliseconds since 1970 as Date reads the text, which wants a colon in the zone and a zone at all. */
function toMs(text: string): number {
  const withZone = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  return Date.parse(withZone.replace(" ", "T").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}

function read(text: string): string | undefined {
  const parsed = parseInstant(text);
  return "instant" in parsed ? parsed.instant : undefined;
}

describe("parseInstant", () => {
  it("means the instant that Date means", () => {
    fc.assert(
      fc.property(instant, fc.constantFrom("T", " "), zone, (date, separator, z) => {
        const text = `${date.toISOString().slice(0, 23).replace("T", separator)}${z}`;
        const cleaned = read(text) ?? "";
        expect(toMs(cleaned)).toBe(toMs(text));
        expect(cleaned).toMatch(/(Z|[+-]\d\d:?\d\d)$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it("means the same in every form of ISO 8601, to the microsecond, and cuts what is finer", () => {
    const digits = fc.stringMatching(/^\d{1,12}$/);
    fc.assert(
      fc.property(
        instant,
        digits,
        fc.constantFrom(".", ","),
        fc.constantFrom("T", "t", " ", "  "),
        zone,
        (date, ...rest) => {
          const [fraction, mark, separator, z] = rest;
          const [day = "", time = ""] = date.toISOString().slice(0, 19).split("T");
          const second = toMs(`${day}T${time}${z}`) / 1_000;
          const micros = BigInt(second) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
          const isCut = /[1-9]/.test(fraction.slice(6));
          const ordinal = Math.floor((Date.parse(day) - Date.parse(`${day.slice(0, 4)}-01-01`)) / 86_400_000) + 1;
          const days = [
            day,
            day.replaceAll("-", ""),
            `${day.slice(0, 4)}-${String(ordinal).padStart(3, "0")}`,
            weekDate(day),
          ];
          for (const form of days) {
            for (const clock of [time, time.replaceAll(":", "")]) {
              const text = `${form}${separator}${clock}${mark}${fraction}${z}`;
              const parsed = parseInstant(text);
              expect(parsed, text).toMatchObject({ isCut });
              if ("instant" in parsed) expect(microsOf(parsed.instant), text).toBe(micros);
              expect(parseDay(text), text).toEqual({ day });
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("cleans what is clean into itself", () => {
    fc.assert(
      fc.property(instant, zone, (date, z) => {
        const once = read(`${date.toISOString().slice(0, 19)}${z}`) ?? "";
        expect(read(once)).toBe(once);
      }),
    );
  });

  it.each([
    ["2020-01-31T05:06:07", "2020-01-31T05:06:07Z"],
    ["2020-01-31 05:06:07.123456", "2020-01-31T05:06:07.123456Z"],
    ["2020-01-31T05:06:07.1+01:00", "2020-01-31T05:06:07.1+01:00"],
    ["2020-02-29T23:59:59Z", "2020-02-29T23:59:59Z"],
    ["2020-01-31T05:06:07-00:00", "2020-01-31T05:06:07-00:00"],
    ["2020-01-31", "2020-01-31T00:00:00Z"],
    ["20200131", "2020-01-31T00:00:00Z"],
    ["2020-06-01 10:00:00+00", "2020-06-01T10:00:00Z"],
    ["2020-06-01T10:00:00+02", "2020-06-01T08:00:00Z"],
    ["1890-01-01 00:00:00-00:01:15", "1890-01-01T00:01:15Z"],
    ["2020-06-01T10:00Z", "2020-06-01T10:00:00Z"],
    ["2020-06-01T10Z", "2020-06-01T10:00:00Z"],
    ["2020-06-01T10,5Z", "2020-06-01T10:30:00Z"],
    ["2020-06-01T10:00.25Z", "2020-06-01T10:00:15Z"],
    ["20200601T100000Z", "2020-06-01T10:00:00Z"],
    ["20200601T1000+0530", "2020-06-01T04:30:00Z"],
    ["2020-06-01t10:00:00z", "2020-06-01T10:00:00Z"],
    ["2021-W13-4T10:00Z", "2021-04-01T10:00:00Z"],
    ["2021W134", "2021-04-01T00:00:00Z"],
    ["2020-W53-7", "2021-01-03T00:00:00Z"],
    ["2021-091", "2021-04-01T00:00:00Z"],
    ["2020366", "2020-12-31T00:00:00Z"],
    ["2020-06-01T24:00:00Z", "2020-06-02T00:00:00Z"],
    ["2020-12-31T24:00", "2021-01-01T00:00:00Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"],
    ["2017-01-01T00:59:60.25+01:00", "2017-01-01T00:00:00.25Z"],
    ["2020-06-01T10:00:00.123456789Z", "2020-06-01T10:00:00.123456Z"],
    ["1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"],
    ["2020-06-01T10:00:00\u221202:00", "2020-06-01T12:00:00Z"],
    [" 2020-01-31T05:06:07\n", "2020-01-31T05:06:07Z"],
    ["\ufeff2020-01-31T05:06:07Z", "2020-01-31T05:06:07Z"],
    ["2020-01-31 05:06:07 +01:00", "2020-01-31T04:06:07Z"],
    ["2020-01-31 05:06:07 UTC", "2020-01-31T05:06:07Z"],
    ["2020-01-31 05:06:07 CEST", "2020-01-31T03:06:07Z"],
    ["2021-04-01T10:00:00[Europe/Zagreb]", "2021-04-01T08:00:00Z"],
    ["2021-04-01T10:00:00+02:00[Europe/Zagreb]", "2021-04-01T08:00:00Z"],
    ["2021-04-01T10:00:00+02:00[!Europe/Zagreb][u-ca=gregory]", "2021-04-01T08:00:00Z"],
    ["2021-04-01T10:00:00+01:00[Europe/Zagreb]", "2021-04-01T09:00:00Z"],
    ["Thu Apr 01 10:00:00.5 2021 CEST", "2021-04-01T08:00:00.5Z"],
    ["Thu 01 Apr 10:00:00 2021 PST", "2021-04-01T18:00:00Z"],
    ["04/25/2021 10:00:00 CEST", "2021-04-25T08:00:00Z"],
    ["25/04/2021 10:00:00", "2021-04-25T10:00:00Z"],
    ["01.04.2021 10:00:00+02", "2021-04-01T08:00:00Z"],
  ])("takes %j for %s", (text, cleaned) => {
    expect(read(text)).toBe(cleaned);
  });

  it.each([
    ["", "is not an ISO 8601 instant"],
    ["yesterday", "is not an ISO 8601 instant"],
    ["1580447167", "is not an ISO 8601 instant"],
    ["2020-01", "is not an ISO 8601 instant"],
    ["2020-01-31T5:06:07", "is not an ISO 8601 instant"],
    ["2020-01-31T05:06:07.Z", "is not an ISO 8601 instant"],
    ["2020-02-30T00:00:00", "names a day that the calendar does not have"],
    ["2021-02-29T00:00:00", "names a day that the calendar does not have"],
    ["2020-13-01T00:00:00", "names a day that the calendar does not have"],
    ["2021-366", "names a day that the calendar does not have"],
    ["2021-W53-1", "names a day that the calendar does not have"],
    ["2021-W01-0", "names a day that the calendar does not have"],
    ["0000-01-01T00:00:00", "lies before the year 1"],
    ["2021-04-01 10:00:00 BC", "lies before the year 1"],
    ["10000-01-01T00:00:00Z", "lies after the year 9999"],
    ["+012021-04-01T00:00:00Z", "lies after the year 9999"],
    ["0001-01-01T00:00:00+02:00", "lies before the year 1 or after 9999 in UTC"],
    ["infinity", "is infinite: an instant has a day"],
    ["-Infinity", "is infinite: an instant has a day"],
    ["2020-01-31T24:00:01", "has a time that no day has"],
    ["2020-01-31T25:00:00", "has a time that no day has"],
    ["2020-01-31T23:60:00", "has a time that no day has"],
    ["2020-01-31T23:59:61", "has a time that no day has"],
    ["2020-01-31T10:00:60Z", "has a second 60, which a leap second alone has, at 23:59:60 UTC"],
    ["2020-01-31T05:06:07+16:00", "has an offset that no zone has"],
    ["04/01/2021 10:00:00", "is ambiguous: day and month cannot be told apart"],
    [
      "2021-04-01 10:00:00 IST",
      "has an abbreviation of a zone that may mean several: an offset such as +02:00 does not",
    ],
    ["2021-10-31T02:30:00[Europe/Zagreb]", "names a zone that is not known, or a time that is not one instant there"],
    ["2021-04-01T10:00:00[Mars/Base]", "names a zone that is not known, or a time that is not one instant there"],
    ["2021-04-01T10:00:00+01:00[!Europe/Zagreb]", "has an offset that its zone does not have then"],
    ["2021-04-01T10:00:00Z[!foo=bar]", "has a critical suffix that is not known"],
  ])("does not take %j, which %s", (text, problem) => {
    expect(parseInstant(text)).toEqual({ problem });
  });

  it("gives an instant of PostgreSQL's range or a problem for any text, and never throws", () => {
    const near = fc
      .array(fc.constantFrom(..."0123456789-:.,TZW+ []!eE/"), { maxLength: 30 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const parsed = parseInstant(text);
        if ("instant" in parsed) expect(Date.parse(parsed.instant)).not.toBeNaN();
        else expect(parsed.problem).not.toBe("");
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("parseDay", () => {
  it.each([
    ["1980-05-17", "1980-05-17"],
    [" 19800517 ", "1980-05-17"],
    ["1980-138", "1980-05-17"],
    ["1980-W20-6", "1980-05-17"],
    ["1980-05-17T23:30:00-05:00", "1980-05-17"],
    ["1980-05-17 00:00:00+02", "1980-05-17"],
  ])("takes %j for %s", (text, day) => {
    expect(parseDay(text)).toEqual({ day });
  });

  it.each(["1980-02-30", "17.05.1980", "05/17/1980", "infinity", "", "1980", "1980-05-17T25:00"])(
    "does not take %j",
    (text) => {
      expect(parseDay(text)).toHaveProperty("problem");
    },
  );
});

function microsOf(text: string): bigint {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  return BigInt(toMs(text.replace(/\.\d+/, ""))) * 1_000n + BigInt(fraction.padEnd(6, "0"));
}

/** The day as an ISO week date, by its week's Thursday. */
function weekDate(day: string): string {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
  const thursday = new Date(Date.parse(`${day}T00:00:00Z`) + (4 - weekday) * 86_400_000).toISOString().slice(0, 10);
  const year = thursday.slice(0, 4);
  const week = Math.floor((Date.parse(thursday) - Date.parse(`${year}-01-01`)) / 86_400_000 / 7) + 1;
  return `${year}-W${two(week)}-${weekday}`;
}
