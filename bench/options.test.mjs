import { expect, test } from "vitest";
import { PART_NAMES, readOptions } from "./options.mjs";

test("measures everything, three times, and publishes it", () => {
  expect(readOptions([])).toMatchObject({ parts: PART_NAMES, transactions: 300_000, rounds: 3, publishes: true });
});

test("quick is the floor and Lethe once, and no result", () => {
  const quick = readOptions(["--quick"]);
  expect(quick).toMatchObject({ parts: ["bulk"], rounds: 1, publishes: false });
  expect([...quick.contenders].sort()).toEqual(["floor", "lethe"]);
});

test("less input is no result", () => {
  expect(readOptions(["--transactions", "1000"])).toMatchObject({ transactions: 1_000, publishes: false });
});

test("keeps the order of the parts", () => {
  expect(readOptions(["--only", "bulk,small-files"]).parts).toEqual(["small-files", "bulk"]);
});

test.each([
  ["an unknown part", ["--only", "speed"]],
  ["a number that is none", ["--rounds", "many"]],
  ["no rounds", ["--rounds", "0"]],
  ["an unknown option", ["--fast"]],
])("refuses %s", (_what, args) => {
  expect(() => readOptions(args)).toThrow(TypeError);
});
