import { expect, test } from "vitest";
import { countTests, failedTests } from "./count-tests.mjs";

const file = (status, ...statuses) => ({ status, assertionResults: statuses.map((each) => ({ status: each })) });

test.each([
  ["passed tests", [file("passed", "passed", "passed")], 0, { passed: 2, failed: 0 }],
  ["a failed test", [file("failed", "passed", "failed")], 1, { passed: 1, failed: 1 }],
  ["a skipped test as failed", [file("passed", "passed", "skipped", "pending")], 0, { passed: 1, failed: 2 }],
  ["a todo not at all", [file("passed", "passed", "todo")], 0, { passed: 1, failed: 0 }],
  ["a file that cannot be loaded as failed", [file("failed")], 1, { passed: 0, failed: 1 }],
  ["an error outside of all tests as failed", [file("passed", "passed")], 1, { passed: 1, failed: 1 }],
  ["a suite without a test as failed", [], 1, { passed: 0, failed: 1 }],
])("counts %s", (_name, testResults, exitCode, counts) => {
  expect(countTests({ testResults }, exitCode)).toEqual(counts);
});

test("counts a suite that left no report as failed", () => {
  expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1 });
});

test("names what failed: tests, skipped ones, and files that could not be run", () => {
  const named = (status, fullName) => ({ status, fullName });
  const testResults = [
    { name: "a.test.ts", status: "failed", assertionResults: [named("passed", "one"), named("failed", "two")] },
    { name: "b.test.ts", status: "passed", assertionResults: [named("pending", "three"), named("todo", "four")] },
    { name: "c.test.ts", status: "failed", assertionResults: [] },
  ];
  expect(failedTests({ testResults })).toEqual([
    "a.test.ts: two (failed)",
    "b.test.ts: three (pending)",
    "c.test.ts: could not be run",
  ]);
  expect(failedTests(undefined)).toEqual(["the suite left no report"]);
});
