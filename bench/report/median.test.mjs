import { expect, test } from "vitest";
import { median, medianOf, ratios } from "./median.mjs";

test.each([
  [[3], 3],
  [[10, 2, 9], 9],
  [[4, 1, 3, 2], 2.5],
])("the median of %j is %d", (numbers, middle) => {
  expect(median(numbers)).toBe(middle);
});

test("there is no median of nothing", () => {
  expect(() => median([])).toThrow(RangeError);
});

test("rounds the median and the runs alike", () => {
  expect(medianOf([1.23456, 1.23444, 9], 3)).toEqual({ median: 1.235, runs: [1.235, 1.234, 9] });
});

test("takes the ratio within each round", () => {
  expect(ratios([3, 8], [2, 4])).toEqual([1.5, 2]);
});
