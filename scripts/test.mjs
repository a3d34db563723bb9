// `npm test`: installs, builds, then runs every check, goes on after one that fails, and ends with the count of all.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { audit } from "./audit.mjs";
import { build } from "./build.mjs";
import { checkNode } from "./check-node.mjs";
import { countTests, failedTests } from "./count-tests.mjs";
import { install } from "./install.mjs";
import { ROOT, tool, toolEnvironment } from "./root.mjs";
import { smokeTest } from "./smoke-node.mjs";
import { smokeTestPostgres } from "./smoke-postgres.mjs";

const CHECKS = [
  ["types of the tests", "tsc", ["-p", "tsconfig.test.json"]],
  ["lint and format", "biome", ["ci", "."]],
  ["unused files, exports and packages", "knip", []],
  ["import borders", "depcruise", ["--config", ".dependency-cruiser.cjs", "packages", "services", "tests", "fuzz"]],
];
const SUITES = [
  ["unit tests", "vitest.unit.config.ts"],
  ["integration tests", "vitest.integration.config.ts"],
  ["fuzz, a few cases of each", "vitest.fuzz.config.ts"],
];

checkNode();
const total = { passed: 0, failed: 0 };
/** What failed, named once more at the end, where it is not lost among thousands of lines. */
const failed = [];
if (await step("install", install)) {
  await step("build", build);
  // They wait for a registry and for servers most of the time, so the checks that compute go on beside them.
  const beside = withRegistry();
  for (const [title, program, args] of CHECKS) {
    await step(title, async () => (await run(program, args)) === 0);
  }
  for (const [title, config] of SUITES) {
    add(title, await runSuite(config));
    // Servers of the next suite have the machine to themselves.
    await beside;
  }
}
for (const name of failed) console.log(`failed: ${name}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

async function withRegistry() {
  await registryStep("advisories about packages", audit);
  await registryStep("smoke test on Node 24", () => smokeTest("24"));
  await registryStep("smoke test on PostgreSQL 15", () => smokeTestPostgres("15"));
}

/** Runs one check, which counts as one, passed or failed. */
async function step(title, check) {
  const passed = await check();
  if (!passed) failed.push(title);
  add(title, passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  return passed;
}

/** Runs a check that needs a registry. It counts as one; where no registry answers, it counts as nothing, and says so. */
async function registryStep(title, check) {
  const { outcome, reason } = await check();
  if (outcome === "not possible") console.log(`NOT CHECKED: ${title}: ${reason}`);
  else {
    console.log(reason);
    if (outcome !== "passed") failed.push(title);
    add(title, outcome === "passed" ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
  }
}

function add(title, counts) {
  total.passed += counts.passed;
  total.failed += counts.failed;
  console.log(`${counts.failed === 0 ? "ok" : "FAILED"}: ${title} (${counts.passed} passed, ${counts.failed} failed)`);
}

/** Runs a suite of vitest; its tests count one by one. */
async function runSuite(config) {
  const folder = mkdtempSync(path.join(tmpdir(), "lethe-report-"));
  const report = path.join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await run("vitest", ["run", "--config", config, ...reporters]);
    const results = readReport(report);
    const counts = countTests(results, code);
    if (counts.failed > 0) failed.push(...failedTests(results).map((name) => name.replace(ROOT, "")));
    return counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns undefined when the suite ended before it could report. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Runs a tool with its output shown and returns its exit code; 1 when it cannot be started or a signal ended it. */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(tool(program), args, { cwd: ROOT, env: toolEnvironment(), stdio: "inherit" });
    child.on("error", (error) => {
      console.error(`${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
