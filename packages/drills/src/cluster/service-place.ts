import { basename } from "node:path";
import type { ServiceName } from "@lethe/contracts/services";
import {
  type ServiceProcess,
  type ServiceProcessOptions,
  startServiceProcess,
} from "@lethe/service-kit/service-process";

/** A place for a service: a process runs in it, and when that ends unasked another one takes its place. */
export interface ServicePlace {
  readonly name: ServiceName;
  /** Where the API listens; undefined for a service without one, or while it starts. */
  address(): string | undefined;
  /** Resolves when the first process of this place is ready; rejects when it ends before. */
  readonly ready: Promise<unknown>;
  /** Has the process block its event loop or set its clock: see `fault-hook.mjs`. */
  order(order: Order): void;
  /** Returns the bytes of memory that the process holds; 0 while none runs. */
  memory(): Promise<number>;
  /** Ends the process at once; the next one starts by itself. */
  kill(): void;
  /** Sends the process a signal. When it ends of it, that is no end by itself, and the next one starts. */
  signal(signal: NodeJS.Signals): void;
  /** Reports whether the process at work has started to its end. */
  isReady(): boolean;
  /**
   * Returns how processes of this place ended that were at work, and that nobody had asked to: none, as long as all is well. One that
   * could not start, because what it needs was away, is another matter: it says so, and the next one tries.
   */
  endedByThemselves(): readonly string[];
  /** Asks the process to stop and lets no other take its place. */
  stop(): Promise<void>;
}

/** What `fault-hook.mjs` does within a service, in milliseconds. */
export type Order = { readonly block: number } | { readonly clock: number };

/** Between an end and the next start, so that a service which cannot start does not spin. */
const RESTART_MS = 100;

/** Creates a place and starts the service in it. */
export function openPlace(options: ServiceProcessOptions): ServicePlace {
  let isWanted = true;
  let isReady = false;
  let isAskedToEnd = false;
  let address: string | null = null;
  const byThemselves: string[] = [];
  const start = (): ServiceProcess => {
    const started = startServiceProcess(options);
    address = null;
    isReady = false;
    isAskedToEnd = false;
    void started.ready.then(
      (ready) => {
        address = ready;
        isReady = true;
      },
      () => undefined,
    );
    void started.ended.then((code) => {
      const wasReady = isReady;
      address = null;
      isReady = false;
      if (isWanted && !isAskedToEnd && wasReady) {
        byThemselves.push(`${basename(options.logFile)}: exit code ${code} at ${new Date().toISOString()}`);
      }
      setTimeout(() => {
        if (isWanted) current = start();
      }, RESTART_MS);
    });
    return started;
  };
  let current = start();

  return {
    name: options.name,
    address: () => address ?? undefined,
    ready: current.ready,
    order: (order) => {
      if (current.child.connected) current.child.send(order);
    },
    memory: () => askMemory(current),
    kill() {
      isAskedToEnd = true;
      void current.kill();
    },
    signal(signal) {
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") isAskedToEnd = true;
      current.child.kill(signal);
    },
    isReady: () => isReady,
    endedByThemselves: () => byThemselves,
    async stop() {
      isWanted = false;
      await current.stop();
    },
  };
}

async function askMemory({ child, ended }: ServiceProcess): Promise<number> {
  if (!child.connected) return 0;
  const answer = new Promise<number>((resolve) => {
    const take = (message: object) => {
      if (!("rssBytes" in message)) return;
      child.off("message", take);
      resolve(message.rssBytes as number);
    };
    child.on("message", take);
  });
  child.send({ memory: true });
  return Promise.race([answer, ended.then(() => 0)]);
}
