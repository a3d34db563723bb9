import fc from "fast-check";
import { expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration, formatShare, formatThings } from "./quantities.js";

it("separates thousands", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
});

it("chooses the noun by the count", () => {
  expect(formatThings(1, "file")).toBe("1 file");
  expect(formatThings(0, "file")).toBe("0 files");
  expect(formatThings(2, "batch", "batches")).toBe("2 batches");
});

it.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1_000, "1 kB"],
  [1_234_000, "1.23 MB"],
  [5e15, "5,000 TB"],
])("shows %d bytes as %s", (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_400, "1.4 s"],
  [59_960, "1 min"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [11_100_000, "3 h 5 min"],
  [90_000_000, "1 d 1 h"],
])("shows %d ms as %s", (ms, shown) => {
  expect(formatDuration(ms)).toBe(shown);
});

it("never shows sixty seconds or minutes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e10 }), (ms) => {
      expect(formatDuration(ms)).not.toMatch(/\b60(\.0)? (s|min)\b/);
    }),
  );
});

it("shows no share that is something as nothing", () => {
  expect(formatShare(0)).toBe("0 %");
  expect(formatShare(0.000_001)).toBe("< 0.01 %");
  expect(formatShare(0.123_4)).toBe("12.3 %");
  expect(formatShare(1)).toBe("100 %");
});
