// `npm run smoke [-- VERSION]`: starts what was built under another version of Node, with servers of its own and the sample.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./root.mjs";
import { runToEnd, withoutSettings } from "./run-to-end.mjs";
import { registryProblem, smokeProblems } from "./smoke-outcome.mjs";

// On a machine with nothing else to do, both together take half a minute at the most.
const DOWNLOAD_MS = 180_000;
const START_MS = 300_000;

/**
 * Runs `lethe up --once` on the sample under a version of Node that the registry's `node` package brings, such as `24`.
 * Returns `passed` or `failed` as `outcome`, or `not possible` where no registry answered; with a line for people.
 */
export async function smokeTest(version) {
  const node = await findNode(version);
  if (node.path === undefined) return node;
  const folder = mkdtempSync(path.join(tmpdir(), "lethe-smoke-"));
  try {
    const cli = path.join(ROOT, "packages", "cli", "bundle", "main.js");
    const environment = { ...withoutSettings(process.env), DATA_DIR: path.join(folder, "data") };
    const result = await runToEnd(node.path, [cli, "up", "--once"], environment, START_MS);
    const problems = smokeProblems(result, readFileSync(path.join(ROOT, "raw_data", "README.md"), "utf8"));
    if (problems.length === 0)
      return { outcome: "passed", reason: `a start with the sample works under Node ${version}` };
    return { outcome: "failed", reason: [`under Node ${version}:`, ...problems, result.output].join("\n  ") };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Returns the `path` of a Node of that version: this process's own, or the one that npx brings; else an outcome. */
async function findNode(version) {
  if (process.versions.node.split(".")[0] === version) return { path: process.execPath };
  const npx = process.platform === "win32" ? "npx.cmd" : "npx";
  // One try: without a network the whole suite would wait. npx keeps what it has brought for the next time.
  const environment = { ...process.env, npm_config_fetch_retries: "0" };
  const print = ["--yes", `node@${version}`, "--print", "process.execPath"];
  const { exitCode, output, answer } = await runToEnd(npx, print, environment, DOWNLOAD_MS);
  if (exitCode === 0) return { path: answer.trim() };
  const problem = exitCode === null ? `no answer within ${DOWNLOAD_MS / 1_000} s` : registryProblem(output);
  if (problem !== undefined)
    return { outcome: "not possible", reason: `no registry brought Node ${version} (${problem})` };
  return { outcome: "failed", reason: `npx could not bring Node ${version}:\n${output}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outcome, reason } = await smokeTest(process.argv[2] ?? "24");
  console.log(`${outcome}: ${reason}`);
  process.exitCode = outcome === "failed" ? 1 : 0;
}
