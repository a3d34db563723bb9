import { expect, it } from "vitest";
import { formatValue, summarize } from "./series.js";

const FIRST = Date.parse("2026-03-01T04:00:00Z") / 3_600_000;

it("shows figures with their unit", () => {
  expect(formatValue(1_234, "rows")).toBe("1,234");
  expect(formatValue(2.5, "percent")).toBe("2.5 %");
  expect(formatValue(1.255, "hours")).toBe("1.26 h");
  expect(formatValue(null, "rows")).toBe("–");
});

it("says what a series shows", () => {
  const series = {
    hours: [FIRST, FIRST + 1],
    values: [10, 2_000],
    least: [null, 1],
    most: [null, null],
    failed: [FIRST],
    unit: "rows" as const,
  };
  expect(summarize(series)).toBe(
    "From 2026-03-01T04 to 2026-03-01T05: 10 to 2,000, 2,000 last; 1 of 2 hours do not pass.",
  );
  expect(summarize({ ...series, failed: [] })).toContain("no hour fails a check");
  expect(summarize({ ...series, least: [null, null], failed: [] })).toContain("not checked yet");
  expect(summarize({ ...series, hours: [] })).toBe("Nothing was measured.");
});
