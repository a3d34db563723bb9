// Starts servers for a parent process and outlives it just long enough to stop them.
//
// Each line on standard input is one server to start, as JSON (`ServerSpec` in src/keeper-process.ts); each line on
// standard output is one event. When standard input ends, every server is stopped and the keeper exits. The pipe ends
// however the parent dies, by SIGKILL too, and nothing else has to notice. Plain JavaScript at the package's root, so
// that the same file serves the sources and the build.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";

// After this long a server that was asked to stop is killed.
const STOP_GRACE_MS = 30_000;
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
let stopping = false;

const input = createInterface({ input: process.stdin });
input.on("line", (line) => startServer(JSON.parse(line)));
input.on("close", stopServers);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  process.on(signal, stopServers);
}
// The parent may be gone before the last event is written.
process.stdout.on("error", () => {});

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
  for (const output of [child.stdout, child.stderr]) {
    output.pipe(log, { end: false });
    createInterface({ input: output }).on("line", (line) => {
      if (line.includes(spec.readyText)) {
        tell({ event: "ready", name: spec.name, pid: child.pid });
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

function stopServers() {
  if (stopping) return;
  stopping = true;
  input.close();
  for (const [child, spec] of children) {
    child.kill(spec.stopSignal);
  }
  setTimeout(() => {
    for (const child of children.keys()) {
      child.kill("SIGKILL");
    }
  }, STOP_GRACE_MS).unref();
  exitWhenDone();
}

function exitWhenDone() {
  if (stopping && children.size === 0) {
    process.exit(0);
  }
}

function tell(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function passedEnvironment() {
  return Object.fromEntries(
    PASSED_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
