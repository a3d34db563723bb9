import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isCalendarDate,
  isInRange,
  type Partition,
  parsePartition,
  parseRangeEnd,
  partitionPath,
  partitionStart,
} from "./partition.js";

const day = fc
  .date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const partition: fc.Arbitrary<Partition> = fc.record({ date: day, hour: fc.integer({ min: 0, max: 23 }) });

function twoDigits(least: number, most: number): fc.Arbitrary<string> {
  return fc.integer({ min: least, max: most }).map((number) => String(number).padStart(2, "0"));
}

describe("a partition's folder", () => {
  it("is read back as the partition that it was made of", () => {
    fc.assert(
      fc.property(partition, (given) => {
        const [dateFolder = "", hourFolder = ""] = partitionPath(given).split("/");
        expect(parsePartition(dateFolder, hourFolder)).toEqual(given);
      }),
    );
  });

  it("sorts as text in the order of time", () => {
    fc.assert(
      fc.property(partition, partition, (a, b) => {
        const byTime = Math.sign(Date.parse(partitionStart(a)) - Date.parse(partitionStart(b)));
        const byText = partitionPath(a) < partitionPath(b) ? -1 : partitionPath(a) > partitionPath(b) ? 1 : 0;
        expect(byText).toBe(byTime);
      }),
    );
  });

  it.each([
    ["date=2020-13-45", "hour=00"],
    ["date=2020-02-30", "hour=00"],
    ["date=0000-01-01", "hour=00"],
    ["date=20200131", "hour=00"],
    ["2020-01-31", "hour=00"],
    [" date=2020-01-31", "hour=00"],
    ["date=2020-01-31\n", "hour=00"],
    ["date=2020-01-31", "hour=24"],
    ["date=2020-01-31", "hour=5"],
    ["date=2020-01-31", "hour=005"],
    ["date=2020-01-31", "hour=-1"],
    ["date=2020-01-31", "05"],
    ["date=2020-01-31", ""],
  ])("is not %j/%j", (dateFolder, hourFolder) => {
    expect(parsePartition(dateFolder, hourFolder)).toBeUndefined();
  });
});

describe("isCalendarDate", () => {
  it("knows the days that Date knows", () => {
    const year = fc.integer({ min: 1, max: 9999 }).map((number) => String(number).padStart(4, "0"));
    fc.assert(
      fc.property(year, twoDigits(0, 14), twoDigits(0, 33), (y, m, d) => {
        const text = `${y}-${m}-${d}`;
        // Date reads 2020-02-30 as 1 March, so a day exists if it comes back as it went in.
        const date = new Date(`${text}T00:00:00Z`);
        const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
        expect(isCalendarDate(text)).toBe(exists);
      }),
      { numRuns: 2_000 },
    );
  });

  it("knows leap years", () => {
    expect(["2020-02-29", "2000-02-29", "1900-02-29", "2021-02-29"].map(isCalendarDate)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("takes no other text", () => {
    fc.assert(fc.property(fc.string(), (text) => !isCalendarDate(text)));
    expect(["2020-1-1", "2020-01-01T00:00", "2020-01-01\n", "", "٢٠٢٠-٠١-٠١"].some(isCalendarDate)).toBe(false);
  });
});

describe("a range of partitions", () => {
  it("reads a day as its first hour at one end and its last at the other", () => {
    expect(parseRangeEnd("2020-01-31", "from")).toEqual({ date: "2020-01-31", hour: 0 });
    expect(parseRangeEnd("2020-01-31", "to")).toEqual({ date: "2020-01-31", hour: 23 });
    expect(parseRangeEnd("2020-01-31T05", "from")).toEqual({ date: "2020-01-31", hour: 5 });
    expect(parseRangeEnd("2020-01-31T05", "to")).toEqual({ date: "2020-01-31", hour: 5 });
  });

  it.each(["", "T", "2020-01-31T", "T05", "2020-02-30", "2020-01-31T24", "2020-01-31T5", "2020-01-31T05T06", "today"])(
    "does not read %j",
    (text) => {
      expect(parseRangeEnd(text, "from")).toBeUndefined();
      expect(parseRangeEnd(text, "to")).toBeUndefined();
    },
  );

  it("holds both of its ends, and everything where an end is open", () => {
    fc.assert(
      fc.property(partition, partition, partition, (from, to, given) => {
        const time = (p: Partition) => Date.parse(partitionStart(p));
        expect(isInRange(given, { from, to })).toBe(time(from) <= time(given) && time(given) <= time(to));
        expect(isInRange(given, { from })).toBe(time(from) <= time(given));
        expect(isInRange(given, { to })).toBe(time(given) <= time(to));
        expect(isInRange(given, {})).toBe(true);
        expect(isInRange(from, { from, to: from })).toBe(true);
      }),
    );
  });
});
