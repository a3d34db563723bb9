// Starts servers for a parent process and outlives it just long enough to stop them.
//
// Each line on standard input is one order, as JSON (`KeeperOrder` in src/keeper-process.ts): a server to start, guests to
// wait for, files to remove, logs to rotate. Each line on standard output is one event. When standard input ends, the keeper
// waits for the guests, which work with the servers and notice by themselves that the parent is gone, stops every server,
// removes the files and exits. The pipe ends however the parent dies, by SIGKILL too, and nothing else has to notice. Plain
// JavaScript at the package's root, so that the same file serves the sources and the build.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { startOf } from "./process-start.mjs";
import { rotateLog } from "./rotate-log.mjs";

// After this long a server that was asked to stop is killed.
const STOP_GRACE_MS = 30_000;
// Guests end within ten seconds of their parent's end; one that does not is killed.
const GUEST_GRACE_MS = 12_000;
const POLL_MS = 100;
// A parent that hears of a signal stops its guests first; one that does not answer is not waited for.
const ASK_MS = 20_000;
const ROTATE_MS = 1_000;
// What a server or the docker program needs of the environment; the parent's secrets stay out.
const PASSED_VARIABLES = [
  "PATH",
  "HOME",
  "TMPDIR",
  "XDG_RUNTIME_DIR",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
];

const children = new Map();
const guests = [];
const files = [];
const logs = new Set();
let stopping = false;
let guestsGone = false;

const ORDERS = {
  start: startServer,
  guests: (identities) => guests.push(...identities),
  files: (marked) => files.push(...marked),
  logs: (paths) => paths.forEach((file) => void logs.add(file)),
};

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  for (const [order, what] of Object.entries(JSON.parse(line))) ORDERS[order](what);
});
input.on("close", stopAll);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  process.on(signal, () => {
    tell({ event: "asked", who: "the keeper of the local servers", how: signal });
    setTimeout(stopAll, ASK_MS).unref();
  });
}
// The parent may be gone before the last event is written.
process.stdout.on("error", () => {});
process.stdin.on("error", stopAll);
setInterval(() => {
  for (const file of logs) rotateLog(file);
}, ROTATE_MS).unref();

function startServer(spec) {
  if (stopping) return;
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...passedEnvironment(), ...spec.env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(spec.user === undefined ? {} : { uid: spec.user.uid, gid: spec.user.gid }),
  });
  const log = createWriteStream(spec.logFile, { flags: "a", mode: 0o600 });
  log.on("error", () => {});
  logs.add(spec.logFile);
  for (const output of [child.stdout, child.stderr]) {
    output.on("error", () => {});
    output.pipe(log, { end: false });
    createInterface({ input: output }).on("line", (line) => {
      if (line.includes(spec.readyText)) {
        tell({ event: "ready", name: spec.name, pid: child.pid });
      }
      // It ends only when the last client has gone, which nobody else tells them.
      if (!stopping && spec.stoppingText !== undefined && line.includes(spec.stoppingText)) {
        tell({ event: "asked", who: spec.name, how: "a signal" });
      }
    });
  }
  children.set(child, spec);
  child.on("error", (error) => end(child, log, { event: "ended", name: spec.name, reason: error.message }));
  child.on("close", (code, signal) => {
    end(child, log, { event: "ended", name: spec.name, reason: signal ?? `exit code ${code}` });
  });
}

function end(child, log, event) {
  if (!children.delete(child)) return;
  // The parent reads the log when it hears of the end, so the last lines must be in it by then.
  log.end(() => {
    tell(event);
    exitWhenDone();
  });
}

async function stopAll() {
  if (stopping) return;
  stopping = true;
  input.close();
  await Promise.all(guests.map(awaitGuest));
  guestsGone = true;
  for (const [child, spec] of children) {
    child.kill(spec.stopSignal);
  }
  setTimeout(() => {
    for (const child of children.keys()) {
      child.kill("SIGKILL");
    }
  }, STOP_GRACE_MS).unref();
  await exitWhenDone();
}

async function awaitGuest({ pid, startedAt }) {
  const deadline = Date.now() + GUEST_GRACE_MS;
  for (;;) {
    if (startedAt === "" || (await startOf(pid)) !== startedAt) return;
    if (Date.now() > deadline) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function exitWhenDone() {
  if (!guestsGone || children.size > 0) return;
  for (const { file, mark } of files) await removeMarked(file, mark);
  process.exit(0);
}

/** Another parent may have put a file of its own in the place. */
async function removeMarked(file, mark) {
  const content = await readFile(file, "utf8").catch(() => "");
  if (content.includes(mark)) await rm(file, { force: true }).catch(() => {});
}

function tell(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function passedEnvironment() {
  return Object.fromEntries(
    PASSED_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
