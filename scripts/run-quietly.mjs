import { spawn } from "node:child_process";

const SLOW_MS = 3_000;
/** As `lethe` exits when it is interrupted. */
const INTERRUPTED = 130;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command whose output matters only when it fails or takes long: then it is shown, from its first line on.
 * `title` says what is being done. Returns its exit code; 1 when it cannot be started or a signal ended it. A signal that asks
 * this process to stop stops the command first, and then this process, with exit code 130.
 */
export function runQuietly(title, command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let held = [];
    let wasStopped = false;
    const stop = () => {
      wasStopped = true;
      child.kill("SIGTERM");
    };
    for (const signal of SIGNALS) process.on(signal, stop);
    const show = () => {
      if (held === undefined) return;
      console.error(`${title} ...`);
      for (const chunk of held) process.stderr.write(chunk);
      held = undefined;
    };
    const slow = setTimeout(show, SLOW_MS);
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (chunk) => (held === undefined ? process.stderr.write(chunk) : held.push(chunk)));
    }
    const end = (code, problem) => {
      clearTimeout(slow);
      for (const signal of SIGNALS) process.off(signal, stop);
      if (wasStopped) process.exit(INTERRUPTED);
      if (code !== 0) show();
      if (problem !== undefined) console.error(`${title} failed: ${problem}`);
      resolve(code);
    };
    child.on("error", (error) => end(1, error.message));
    child.on("close", (code, signal) => end(code ?? 1, signal === null ? undefined : `ended by ${signal}`));
  });
}
