import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ReadyMessage } from "@lethe/service-kit/run-service";
import { fromRepository } from "./repository.js";

export const SERVICE_NAMES = ["scheduler", "extractor", "transformer", "loader"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** A service of the build that runs as a process of its own. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly pid: number;
  /** Where its API listens; null for one without. */
  readonly address: string | null;
  /** All that it has written so far. */
  log(): Promise<string>;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Asks it to stop and returns its exit code; null when a signal ended it. */
  stop(): Promise<number | null>;
  /** Ends it on the spot, as a crash would. */
  kill(): Promise<void>;
}

/**
 * Starts a service, or a program that takes its place, and waits until it says that it is ready. Throws, with what it
 * wrote, when it ends before.
 */
export async function startService(
  name: ServiceName,
  environment: Readonly<Record<string, string>>,
  logFile: string,
  program = `services/${name}/bundle/main.js`,
): Promise<ServiceProcess> {
  const output = openSync(logFile, "a");
  const child = spawn(process.execPath, ["--enable-source-maps", fromRepository(program)], {
    env: { ...environment },
    stdio: ["ignore", output, output, "ipc"],
  });
  closeSync(output);
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const log = () => readFile(logFile, "utf8");
  const address = await Promise.race([
    waitForReady(child),
    exited.then(async ([code, signal]) => {
      throw new Error(`${name} ended before it was ready (${signal ?? code}):\n${await log()}`);
    }),
  ]);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    name,
    pid: child.pid ?? 0,
    address,
    log,
    ended: exited.then(() => undefined),
    stop: () => end("SIGTERM"),
    kill: async () => {
      await end("SIGKILL");
    },
  };
}

function waitForReady(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.on("message", (message: ReadyMessage) => resolve(message.address));
  });
}
