import { spawn } from "node:child_process";
import { startStep } from "./step.mjs";

/** As `lethe` exits when it is interrupted. */
const INTERRUPTED = 130;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a command whose output matters only when it fails: then all of it is shown. `step` has the words for it: `doing` while it is
 * at work, such as "Building", and `done`, such as "Built", for the line with its time at the end. Returns its exit code; 1 when it
 * cannot be started or a signal ended it. A signal that asks this process to stop stops the command first, and then this
 * process, with exit code 130.
 */
export function runQuietly({ doing, done }, command, args, options = {}) {
  return new Promise((resolve) => {
    const step = startStep(doing);
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const held = [];
    let wasStopped = false;
    const stop = () => {
      wasStopped = true;
      child.kill("SIGTERM");
    };
    for (const signal of SIGNALS) process.on(signal, stop);
    for (const output of [child.stdout, child.stderr]) output.on("data", (chunk) => held.push(chunk));
    const end = (code, problem) => {
      for (const signal of SIGNALS) process.off(signal, stop);
      if (wasStopped) {
        step.fail(`${doing} was interrupted`);
        process.exit(INTERRUPTED);
      }
      if (code === 0) {
        step.end(done);
      } else {
        step.fail(`${doing} failed${problem === undefined ? "" : ` (${problem})`}; this is what it said:`);
        for (const chunk of held) process.stderr.write(chunk);
      }
      resolve(code);
    };
    child.on("error", (error) => end(1, error.message));
    child.on("close", (code, signal) => end(code ?? 1, signal === null ? undefined : `ended by ${signal}`));
  });
}
