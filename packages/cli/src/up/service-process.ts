import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { LetheError } from "@lethe/contracts/errors";
import type { ReadyMessage } from "@lethe/service-kit/run-service";
import type { Environment } from "@lethe/service-kit/settings";
import Type from "typebox";
import { Compile } from "typebox/compile";

/** A service ended though nobody asked it to, or did not get ready in time. The message shows the end of its log. */
class ServiceFailedError extends LetheError {
  readonly code = "service_failed";
  readonly retryable = false;
}

export interface ServiceProcess {
  readonly name: string;
  /** Resolves with the service's address, or null where it has none; rejects with ServiceFailedError. */
  readonly ready: Promise<string | null>;
  /** Rejects with ServiceFailedError when the service ends unasked; never resolves. */
  readonly failure: Promise<never>;
  /** Asks the service to stop, waits ten seconds for it, then ends it. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly name: string;
  /** The service's bundled main.js. */
  readonly main: string;
  readonly environment: Environment;
  /** Gets what the service writes, after what stands in it. */
  readonly logFile: string;
}

const READY_MS = 60_000;
const GRACE_MS = 10_000;
const LOG_LINES = 15;
const LOG_BYTES = 16 * 1024;

const readyMessage = Compile(
  Type.Object({ ready: Type.Literal(true), address: Type.Union([Type.String(), Type.Null()]) }),
);

/**
 * Starts a service as a process of its own. Its settings, secrets among them, go by the environment. The channel
 * between the two processes is also how the service notices that this one is gone.
 */
export function startService(options: ServiceOptions): ServiceProcess {
  const log = openSync(options.logFile, "a", 0o600);
  const logStart = fstatSync(log).size;
  const child = spawn(process.execPath, ["--enable-source-maps", options.main], {
    env: { ...options.environment },
    stdio: ["ignore", log, log, "ipc"],
    // A group of its own: Ctrl-C is this process's to hear, and the service is then asked once, in order.
    detached: true,
  });
  closeSync(log);
  let stopping = false;
  const explain = async (what: string) => {
    const lines = await lastLines(options.logFile, logStart);
    return new ServiceFailedError(`the ${options.name} service ${what}; the end of ${options.logFile}:\n${lines}`);
  };
  const exited = waitForExit(child);
  const failure = new Promise<never>((_, reject) => {
    void exited.then(async (how) => {
      if (!stopping) reject(await explain(`ended by itself (${how})`));
    });
  });
  const ready = Promise.race([
    waitForReady(child, () => explain(`was not ready after ${READY_MS / 1_000} s`)),
    failure,
  ]);
  // Whoever waits is told; that nobody waits any more is no error.
  ready.catch(() => undefined);
  failure.catch(() => undefined);
  return {
    name: options.name,
    ready,
    failure,
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function waitForReady(child: ChildProcess, explainDelay: () => Promise<Error>): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => void explainDelay().then(reject), READY_MS);
    child.once("exit", () => clearTimeout(timer));
    child.on("message", (message: unknown) => {
      if (!readyMessage.Check(message)) return;
      clearTimeout(timer);
      resolve((message satisfies ReadyMessage).address);
    });
  });
}

/** Returns how the process ended, in words; also for one that could not be started. */
async function waitForExit(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    return signal === null ? `exit code ${code}` : signal;
  } catch (error) {
    return error instanceof Error ? error.message : "it could not be started";
  }
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
