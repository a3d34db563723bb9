import { expect, test } from "vitest";
import { inTurns } from "./turns.mjs";

test("each runs once a round, and another one begins", () => {
  expect(inTurns(["a", "b", "c"], 3)).toEqual(["a", "b", "c", "b", "c", "a", "c", "a", "b"]);
});
