import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { BENCH_HELP } from "../bench/options.mjs";
import { DRILL_OPTIONS } from "../packages/drills/options.mjs";
import { helpText } from "./help-text.mjs";
import { ROOT } from "./root.mjs";

const run = promisify(execFile);

test.each([
  ["bench", "bench/run.mjs", BENCH_HELP.options],
  ["fuzz", "scripts/fuzz.mjs", [["--cases <n>"], ["--seed <s>"]]],
  ["drills", "scripts/drills.mjs", DRILL_OPTIONS],
])("npm run %s -- --help prints every option, and does nothing", async (name, script, options) => {
  // Without PATH nothing can be installed, built or started.
  const { stdout, stderr } = await run(process.execPath, [script, "--help"], { cwd: ROOT, env: {} });
  expect(stderr).toBe("");
  expect(stdout).toContain(`Usage: npm run ${name} -- [options]`);
  for (const [flags] of options) expect(stdout).toContain(`  ${flags} `);
});

test.each([
  ["bench", "bench/run.mjs", ["--fast"], "--fast"],
  ["bench", "bench/run.mjs", ["--only", "speed"], '"speed"'],
  ["fuzz", "scripts/fuzz.mjs", ["--fast"], "--fast"],
  ["fuzz", "scripts/fuzz.mjs", ["--cases", "many"], '"many"'],
])("npm run %s names what it does not know (%s %j)", async (_name, script, args, named) => {
  const { code, stderr } = await run(process.execPath, [script, ...args], { cwd: ROOT, env: {} }).catch(
    (error) => error,
  );
  expect(code).toBe(2);
  expect(stderr).toContain(named);
  expect(stderr).not.toContain("    at ");
});

test("keeps to 100 columns", () => {
  const text = helpText({
    usage: "x",
    about: "word ".repeat(60).trim(),
    options: [["--option", "word ".repeat(60).trim()]],
  });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
