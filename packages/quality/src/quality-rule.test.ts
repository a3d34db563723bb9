import { describe, expect, it } from "vitest";
import { boundsOf } from "./quality-rule.js";

describe("boundsOf", () => {
  it.each([
    [{ mustBe: 5 }, { least: 5, most: 5 }],
    [{ mustBeLessThan: 5 }, { least: null, most: 5 }],
    [
      { mustBeGreaterOrEqualTo: 2, mustBeLessOrEqualTo: 9 },
      { least: 2, most: 9 },
    ],
    [
      { mustBeGreaterThan: 2, mustBeBetween: [1, 7] as [number, number] },
      { least: 2, most: 7 },
    ],
    [{ mustNotBe: 3 }, { least: null, most: null }],
  ])("takes the narrowest of %j", (operators, bounds) => {
    expect(boundsOf(operators)).toEqual(bounds);
  });
});
