import { expect, test } from "vitest";
import { compareRatio } from "./compare-ratio.mjs";

test.each([
  ["the same", 1.4, false],
  ["a little worse", 1.74, false],
  ["far worse", 1.8, true],
  ["better", 0.9, false],
])("%s", (_what, measured, isWarning) => {
  expect(compareRatio(measured, 1.4).isWarning).toBe(isWarning);
});

test("says both ratios and the change", () => {
  expect(compareRatio(2.1, 1.4).text).toBe("ratio to the floor: 2.1, stored is 1.4 (+50 %)");
  expect(compareRatio(0.7, 1.4).text).toContain("(-50 %)");
});

test("nothing stored is nothing to warn of", () => {
  expect(compareRatio(3, undefined)).toEqual({ isWarning: false, text: "ratio to the floor: 3; none is stored" });
});
