import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { registryProblem, smokeProblems } from "./smoke-outcome.mjs";

const README = `| dataset | files | records | loaded | rejected |
|---|---|---|---|---|
| customers | 72 | 152 | 148 | 4 |
| transactions | 72 | 1010 | 975 | 35 |
`;
const OUTPUT = `
job               state      files taken  already loaded  quarantined  records in  loaded  rejected    time
────────────────  ─────────  ───────────  ──────────────  ───────────  ──────────  ──────  ────────  ──────
customers         succeeded           72               0            0         152     148         4  475 ms
transactions      succeeded           72               0            1       1,010     975        35  477 ms
`;

describe("smokeProblems", () => {
  test("finds none where exit code and counts are as the sample's README says", () => {
    expect(smokeProblems({ exitCode: 0, output: OUTPUT }, README)).toEqual([]);
  });

  test.each([
    ["an exit code other than 0", { exitCode: 1 }, README, "the exit code is 1 instead of 0"],
    ["a start that a timeout ended", { exitCode: null }, README, "it did not end in time"],
    [
      "a count that differs",
      { output: OUTPUT.replace(" 975 ", " 974 ") },
      README,
      "found succeeded, files 72, records 1010, loaded 974",
    ],
    [
      "a run that failed",
      { output: OUTPUT.replace("succeeded", "failed   ") },
      README,
      "customers: expected succeeded, files 72",
    ],
    [
      "a job that is missing",
      { output: "" },
      README,
      "customers: expected succeeded, files 72, records 152, loaded 148, rejected 4; found no row",
    ],
    ["a README without counts", {}, "# Sample", "the sample's README holds no table of counts"],
  ])("names %s", (_name, change, readme, problem) => {
    const problems = smokeProblems({ exitCode: 0, output: OUTPUT, ...change }, readme);
    expect(problems.join("\n")).toContain(problem);
  });

  test("reads the README of the sample", () => {
    const readme = readFileSync(new URL("../raw_data/README.md", import.meta.url), "utf8");
    const datasets = smokeProblems({ exitCode: 0, output: "" }, readme).map((problem) => problem.split(":")[0]);
    expect(datasets).toEqual(["customers", "products", "transactions", "erasure-requests"]);
  });
});

test.each([
  ["npm error code ECONNREFUSED\nnpm error syscall connect", "ECONNREFUSED"],
  ["npm error code 1\nnpm error npm error code ENOTFOUND", "ENOTFOUND"],
  ["npm error code E404\nnpm error 404 Not Found", "E404"],
  ["npm error code 1\nnpm error command failed", undefined],
  ["", undefined],
])("registryProblem(%j) is %s", (output, code) => {
  expect(registryProblem(output)).toBe(code);
});
