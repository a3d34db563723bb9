import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ReadyMessage } from "@lethe/service-kit/run-service";

export const SERVICE_NAMES = ["scheduler", "extractor", "transformer", "loader"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Which of what the build makes: bundles are what users run; in compiled files a single guard can be taken out. */
export type Build = "bundle" | "dist";

/** What a service can be told to do to itself: see `fault-hook.mjs`. Milliseconds. */
export type Order = { readonly block: number } | { readonly clock: number };

/** A place for a service: a process runs in it, and when that ends unasked another one takes its place. */
export interface ServicePlace {
  readonly name: ServiceName;
  /** Where the API listens; undefined for one without, or while it starts. */
  address(): string | undefined;
  pid(): number | undefined;
  /** Resolves when a process is ready in this place. */
  ready(): Promise<void>;
  order(order: Order): void;
  /** Bytes of memory that the process holds; 0 while none runs. */
  memory(): Promise<number>;
  /** Ends the process at once; the next one starts by itself. */
  kill(): void;
  /** Asks the process to stop and has no other take its place. Returns its exit code; null when a signal ended it. */
  stop(): Promise<number | null>;
}

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const HOOK = fileURLToPath(new URL("../../fault-hook.mjs", import.meta.url));
/** Between an end and the next start, so that a service which cannot start does not spin. */
const RESTART_MS = 100;

/** Creates a place and starts the service in it. */
export function openPlace(
  name: ServiceName,
  build: Build,
  environment: Readonly<Record<string, string>>,
  logFile: string,
): ServicePlace {
  let isWanted = true;
  let child: ChildProcess;
  let address: string | undefined;
  let exited: Promise<number | null>;
  let ready: Promise<void>;

  const start = () => {
    const log = openSync(logFile, "a");
    child = spawn(
      process.execPath,
      ["--enable-source-maps", "--import", HOOK, `${ROOT}services/${name}/${build}/main.js`],
      {
        env: { ...environment },
        stdio: ["ignore", log, log, "ipc"],
      },
    );
    closeSync(log);
    const own = child;
    address = undefined;
    ready = new Promise((resolve) => {
      own.on("message", (message: ReadyMessage | object) => {
        if (!("ready" in message)) return;
        address = message.address ?? undefined;
        resolve();
      });
    });
    exited = once(own, "exit").then(([code]) => code as number | null);
    void exited.then(() => {
      if (isWanted) setTimeout(() => isWanted && start(), RESTART_MS);
    });
  };
  start();

  return {
    name,
    address: () => address,
    pid: () => (child.exitCode === null ? child.pid : undefined),
    async ready() {
      let waitedFor: ChildProcess | undefined;
      while (waitedFor !== child) {
        waitedFor = child;
        // One that ends before it is ready is followed by another.
        await Promise.race([ready, exited.then(() => new Promise((resolve) => setTimeout(resolve, RESTART_MS + 50)))]);
      }
    },
    order: (order) => {
      if (child.connected) child.send(order);
    },
    async memory() {
      if (!child.connected) return 0;
      const own = child;
      const answer = new Promise<number>((resolve) => {
        const take = (message: object) => {
          if (!("rssBytes" in message)) return;
          own.off("message", take);
          resolve(message.rssBytes as number);
        };
        own.on("message", take);
      });
      own.send({ memory: true });
      return Promise.race([answer, exited.then(() => 0)]);
    },
    kill: () => void child.kill("SIGKILL"),
    async stop() {
      isWanted = false;
      child.kill("SIGTERM");
      return exited;
    },
  };
}
