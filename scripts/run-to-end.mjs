import { spawn } from "node:child_process";
import { ROOT } from "./root.mjs";

/** Settings and servers of the user's, which must not change the outcome of a smoke test. */
const SETTING = /^(?:LETHE_.*|(?:DATABASE_URL|REDIS_URL|RAW_DATA_DIR|DATA_DIR|NODE_ENV)(?:_FILE)?)$/;

/** Returns an environment without Lethe's settings. */
export function withoutSettings(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !SETTING.test(name)));
}

/** Runs a program. Returns its exit code (null when it took too long), what it wrote to standard output, and all that it wrote. */
export function runToEnd(command, args, env, timeout) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      timeout,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    let answer = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      answer += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.on("error", (error) => resolve({ exitCode: 1, answer, output: error.message }));
    // Asked to stop by the timeout, a program may still choose its exit code.
    child.on("close", (exitCode) => resolve({ exitCode: child.killed ? null : exitCode, answer, output }));
  });
}
