// `npm run fuzz [-- --cases N] [-- --seed S]`: arbitrary and mutated input against every parser and route, and a table of it.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { asksForHelp, helpText } from "./help-text.mjs";
import { ROOT, tool, toolEnvironment } from "./root.mjs";

/** Cases of a target whose share is 1. */
const CASES = 100_000;

if (asksForHelp(process.argv.slice(2))) {
  const about =
    "Puts arbitrary and mutated input to every parser and route, and prints how many cases each got and how many crashed it. " +
    "The same seed gives the same cases.";
  const options = [
    ["--cases <n>", `cases of each target, more or fewer where one is cheaper or dearer (default: ${CASES})`],
    ["--seed <s>", "number that the random choices start from (default: another one each time)"],
  ];
  console.log(helpText({ usage: "npm run fuzz -- [options]", about, options }));
  process.exit();
}
const { values } = readArguments();
const cases = wholeNumber("cases", values.cases ?? String(CASES));
const seed = wholeNumber("seed", values.seed ?? String(Date.now() % 2_147_483_647));
console.log(`seed ${seed}; the same again: npm run fuzz -- --cases ${cases} --seed ${seed}`);

const folder = mkdtempSync(path.join(tmpdir(), "lethe-fuzz-"));
const report = path.join(folder, "report.ndjson");
const startedAt = performance.now();
const code = await run();
const lines = readReport();
rmSync(folder, { recursive: true, force: true });
console.table(Object.fromEntries(lines.map(({ target, cases, crashes }) => [target, { cases, crashes }])));
const total = lines.reduce((sum, line) => sum + line.cases, 0);
console.log(`${total} cases in ${Math.round((performance.now() - startedAt) / 1000)} s, seed ${seed}`);
process.exit(code);

function run() {
  return new Promise((resolve) => {
    const child = spawn(tool("vitest"), ["run", "--config", "vitest.fuzz.config.ts"], {
      cwd: ROOT,
      env: {
        ...toolEnvironment(),
        LETHE_FUZZ_CASES: String(cases),
        LETHE_FUZZ_SEED: String(seed),
        LETHE_FUZZ_REPORT: report,
      },
      stdio: "inherit",
    });
    child.on("error", () => resolve(1));
    child.on("exit", (exitCode) => resolve(exitCode ?? 1));
  });
}

function readReport() {
  try {
    const text = readFileSync(report, "utf8").trimEnd();
    return text.split("\n").map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

function readArguments() {
  try {
    return parseArgs({ options: { cases: { type: "string" }, seed: { type: "string" } } });
  } catch (error) {
    console.error(`${error.message}. \`npm run fuzz -- --help\` shows the options.`);
    process.exit(2);
  }
}

function wholeNumber(name, text) {
  if (/^\d{1,9}$/.test(text) || (name === "seed" && /^\d{1,10}$/.test(text))) return Number(text);
  console.error(`--${name} must be a whole number, and is "${text}"`);
  process.exit(2);
}
