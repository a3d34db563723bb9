import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChecks } from "./checks-file.js";
import { judgePartition, type PartitionStats } from "./judge-partition.js";
import { learnShare, learnVolume } from "./learn-band.js";

const FIELDS = ["id", "email"];
const checksOf = (text?: string) => {
  const checks = parseChecks(text, new Map([["customers", FIELDS]])).get("customers");
  if (checks === undefined) throw new Error("the dataset has no checks");
  return checks;
};

const DAY = 24;
const HOUR = 500_000;

function stats(hour: number, fields: Partial<PartitionStats> = {}): PartitionStats {
  return { hour, rows: 1_000, duplicates: 2, faults: 0, faultsOf: {}, nulls: {}, missing: {}, failed: [], ...fields };
}

/** So many days of the same hour before `HOUR`, whose rows vary by a tenth. */
function history(days: number): PartitionStats[] {
  return Array.from({ length: days }, (_none, i) => stats(HOUR - (i + 1) * DAY, { rows: 950 + 100 * (i % 2) }));
}

function failedOf(partition: Partial<PartitionStats>, before = history(14), checks = checksOf()) {
  return judgePartition(checks, stats(HOUR, partition), before)
    .filter(({ passed }) => !passed)
    .map(({ check }) => check);
}

describe("what is learnt", () => {
  it("says nothing of the first week", () => {
    expect(judgePartition(checksOf(), stats(HOUR, { rows: 1 }), history(6))).toEqual([]);
    expect(failedOf({ rows: 1 }, history(7))).toEqual(["rowCount"]);
  });

  it.each([
    ["nothing", {}, []],
    ["a tenth of the rows", { rows: 100 }, ["rowCount"]],
    ["ten times the rows", { rows: 10_000 }, ["rowCount"]],
    ["a fifth more rows", { rows: 1_200 }, []],
    [
      "no emails",
      { nulls: { email: 1_000 }, missing: { email: 1_000 }, faults: 1_000, faultsOf: { email: 1_000 } },
      ["email.missingValues", "email.invalidValues"],
    ],
    ["rows that came before", { duplicates: 1_000 }, ["duplicateValues"]],
    ["all rows twice", { rows: 2_000, duplicates: 1_002 }, ["duplicateValues"]],
    ["faults of no field", { faults: 500 }, ["invalidValues"]],
  ])("is left by %s as expected", (_what, partition, failed) => {
    expect(failedOf(partition)).toEqual(failed);
  });

  it("looks at the same weekday where that is nearer", () => {
    const weeks = Array.from({ length: 56 }, (_none, i) =>
      stats(HOUR - (i + 1) * DAY, { rows: (i + 1) % 7 === 0 ? 100 : 1_000 }),
    );
    expect(failedOf({ rows: 100 }, weeks)).toEqual([]);
    expect(failedOf({ rows: 1_000 }, weeks)).toEqual(["rowCount"]);
  });

  it("does not take a fault for the usual, until it has been it for long", () => {
    const wrong = { rows: 100, failed: ["rowCount"] };
    const once = history(14).map((day, i) => (i < 6 ? { ...day, ...wrong } : day));
    expect(failedOf({ rows: 100 }, once)).toEqual(["rowCount"]);
    const long = history(14).map((day, i) => (i < 10 ? { ...day, ...wrong } : day));
    expect(failedOf({ rows: 100 }, long)).toEqual([]);
  });

  it("can be switched off, and gives way to what is stated", () => {
    expect(failedOf({ rows: 1 }, history(14), checksOf("datasets: { customers: { learn: false } }"))).toEqual([]);
    const stated = checksOf("datasets: { customers: { quality: [{ metric: rowCount, mustBeGreaterThan: 5 }] } }");
    expect(failedOf({ rows: 6 }, history(14), stated)).toEqual([]);
    expect(failedOf({ rows: 5 }, history(0), stated)).toEqual(["rowCount"]);
  });
});

describe("a learnt band", () => {
  const samples = fc.array(fc.nat(100_000), { minLength: 7, maxLength: 14 });

  it("holds everything that it was learnt from, whatever their order", () => {
    fc.assert(
      fc.property(samples, (rows) => {
        const band = learnVolume(rows);
        expect(learnVolume([...rows].reverse())).toEqual(band);
        for (const n of rows) {
          expect(n).toBeGreaterThanOrEqual(band?.least ?? 0);
          expect(n).toBeLessThanOrEqual(band?.most ?? 0);
        }
      }),
    );
  });

  it("of a share never limits what is usual, and is none where a few rows can say nothing", () => {
    const shares = fc.array(fc.record({ rows: fc.nat(50), of: fc.integer({ min: 50, max: 500 }) }), { minLength: 7 });
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 500 }), (told, of) => {
        const most = learnShare(told, of)?.most ?? 100;
        for (const share of told) expect(most).toBeGreaterThanOrEqual((100 * share.rows) / share.of);
      }),
    );
    const none = Array.from({ length: 14 }, () => ({ rows: 0, of: 100 }));
    expect(learnShare(none, 3)).toBeUndefined();
    expect(learnShare(none, 100)?.most).toBeLessThan(10);
  });
});
