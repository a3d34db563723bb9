import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LetheError } from "@lethe/contracts/errors";
import type { ServiceName } from "@lethe/contracts/services";
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { ReadyMessage } from "./run-service.js";
import type { Environment } from "./settings.js";

/** A service ended though nobody asked it to, or did not get ready in time. The message shows the end of its log. */
class ServiceFailedError extends LetheError {
  readonly code = "service_failed";
  readonly retryable = false;
}

/** A service that runs as a process of its own. */
export interface ServiceProcess {
  readonly name: ServiceName;
  /** For those who send it more than signals, or listen to more than that it is ready. */
  readonly child: ChildProcess;
  /** Resolves with the address where the service can be reached, or null where it has none; rejects with ServiceFailedError. */
  readonly ready: Promise<string | null>;
  /** Resolves with its exit code when it has ended for whatever reason; null when a signal ended it or it never started. */
  readonly ended: Promise<number | null>;
  /** Rejects with ServiceFailedError when it ends before `stop` or `kill` is called; never resolves. */
  readonly failure: Promise<never>;
  /** Asks it to stop, waits ten seconds for it, then ends it. Returns its exit code; null when a signal ended it. */
  stop(): Promise<number | null>;
  /** Ends it on the spot, as a crash would. */
  kill(): Promise<void>;
}

export interface ServiceProcessOptions {
  readonly name: ServiceName;
  readonly environment: Environment;
  /** Gets what the service writes, after what stands in it. Only its owner may read it. */
  readonly logFile: string;
  /** The program; the service's bundle unless something else takes its place. */
  readonly program?: string | undefined;
  /** Options of Node, such as `--import`. */
  readonly nodeOptions?: readonly string[];
  /** Milliseconds within which it must be ready; a minute unless given. */
  readonly readyMs?: number;
  /** Keeps the terminal's Ctrl-C from the service, so that it is for the caller to stop it. */
  readonly ownSession?: boolean;
  /** Command that runs Node, such as `taskset`, with its arguments. */
  readonly runner?: readonly string[];
}

const READY_MS = 60_000;
const GRACE_MS = 10_000;
const LOG_LINES = 15;
const LOG_BYTES = 16 * 1024;

const readyMessage = Compile(
  Type.Object({ ready: Type.Literal(true), address: Type.Union([Type.String(), Type.Null()]) }),
);

/** Returns the path of a service's program: its bundle, which is what users run, or its compiled files. */
export function serviceProgram(name: ServiceName, build: "bundle" | "dist" = "bundle"): string {
  return fileURLToPath(new URL(`../../../services/${name}/${build}/main.js`, import.meta.url));
}

/**
 * Starts a service as a process of its own. Its settings, secrets among them, go by the environment. The channel
 * between the two processes is also how the service notices that this one is gone.
 */
export function startServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, logFile, readyMs = READY_MS } = options;
  const log = openSync(logFile, "a", 0o600);
  const logStart = fstatSync(log).size;
  const program = options.program ?? serviceProgram(name);
  const node = [process.execPath, "--enable-source-maps", ...(options.nodeOptions ?? []), program];
  const [command = process.execPath, ...args] = [...(options.runner ?? []), ...node];
  const child = spawn(command, args, {
    env: { ...options.environment },
    stdio: ["ignore", log, log, "ipc"],
    detached: options.ownSession ?? false,
  });
  closeSync(log);
  let isWanted = true;
  const fail = async (what: string): Promise<never> => {
    const lines = await lastLines(logFile, logStart);
    throw new ServiceFailedError(`the ${name} service ${what}; the end of ${logFile}:\n${lines}`);
  };
  const exited = waitForExit(child);
  const failure = exited.then(({ how }) =>
    isWanted ? fail(`ended by itself (${how})`) : new Promise<never>(() => {}),
  );
  const late = () => fail(`was not ready after ${readyMs / 1_000} s`);
  const ready = Promise.race([waitForReady(child, readyMs, late), failure]);
  // Callers that still wait get the rejection; it is no error if none of them waits any longer.
  ready.catch(() => undefined);
  failure.catch(() => undefined);
  const end = async (signal: NodeJS.Signals) => {
    isWanted = false;
    child.kill(signal);
    return (await exited).code;
  };
  return {
    name,
    child,
    ready,
    ended: exited.then(({ code }) => code),
    failure,
    async stop() {
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      const code = await end("SIGTERM");
      clearTimeout(timer);
      return code;
    },
    async kill() {
      await end("SIGKILL");
    },
  };
}

function waitForReady(child: ChildProcess, ms: number, onLate: () => Promise<never>): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => onLate().catch(reject), ms);
    child.once("exit", () => clearTimeout(timer));
    child.on("message", (message: unknown) => {
      if (!readyMessage.Check(message)) return;
      clearTimeout(timer);
      resolve((message satisfies ReadyMessage).address);
    });
  });
}

/** Resolves when the process has ended, with how it did so in words; also for one that could not be started. */
function waitForExit(child: ChildProcess): Promise<{ code: number | null; how: string }> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, how: signal ?? `exit code ${code}` }));
    // Later ones, of a signal or a message that could not be sent, are told by its end.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, how: error.message });
    });
  });
}

async function lastLines(file: string, start: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const from = Math.max(start, size - LOG_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString("utf8", 0, bytesRead).trimEnd().split("\n").slice(-LOG_LINES);
    return lines.map((line) => `  ${line}`).join("\n");
  } finally {
    await handle.close();
  }
}
