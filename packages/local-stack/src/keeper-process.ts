import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type from "typebox";
import { Compile } from "typebox/compile";
import type { ProcessIdentity } from "./process-identity.js";
import type { SystemUser } from "./run-program.js";

/** A server as the keeper starts and stops it. No argument may be a secret: process lists are readable. */
export interface ServerSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whom to run it as; ourselves when undefined. */
  readonly user: SystemUser | undefined;
  /** The signal on which it stops at once but in order. */
  readonly stopSignal: "SIGINT" | "SIGTERM";
  /** It takes connections once this text stands in its output. */
  readonly readyText: string;
  /** It has been asked to stop, by somebody else or the keeper, once this text stands in its output. */
  readonly stoppingText?: string;
  readonly logFile: string;
}

/** A file that is removed at the end if the mark still stands in it: by then it may be another process's. */
export interface MarkedFile {
  readonly file: string;
  readonly mark: string;
}

/** What a keeper is to do: any of these at once. */
interface KeeperOrder {
  readonly start?: ServerSpec;
  /** Processes that work with the servers and end when this process does: the servers are stopped after them. */
  readonly guests?: readonly ProcessIdentity[];
  readonly files?: readonly MarkedFile[];
  /** Logs to rotate besides those of the servers. */
  readonly logs?: readonly string[];
}

/** The process that holds the servers. It stops them when told to, and by itself when this process ends in any way. */
export interface Keeper {
  readonly pid: number;
  /** Starts a server and returns its process id once it takes connections. Throws ConfigurationError when it ends instead. */
  startServer(spec: ServerSpec): Promise<number>;
  /** Has it look after processes, files and logs besides the servers. */
  order(order: Omit<KeeperOrder, "start">): void;
  /** Stops all servers and ends the keeper; calling it again waits for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts a keeper, in a session of its own so that a Ctrl-C in the terminal does not stop the servers under services
 * that are still finishing. It does not hold this process open.
 *
 * `onServerEnded` is called when a server, or the keeper itself, ends that nobody asked to; `onAsked` when a signal asks a
 * server or the keeper to stop; the keeper does so as soon as `stop` is called, or by itself after a while.
 */
export async function startKeeper(
  onServerEnded: (name: string, reason: string) => void,
  onAsked: (who: string, how: string) => void = () => {},
): Promise<Keeper> {
  const keeperFile = fileURLToPath(new URL("../keeper.mjs", import.meta.url));
  const child = spawn(process.execPath, [keeperFile], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  await once(child, "spawn");
  const { stdin, stdout, pid } = child;
  if (pid === undefined) throw new ConfigurationError("the keeper of the local servers did not start");
  // A broken pipe, or a signal that could not be sent, is told by the keeper's exit.
  for (const emitter of [child, stdin, stdout]) emitter.on("error", () => {});
  releaseEventLoop(child);

  const waiting = new Map<string, { resolve: (pid: number) => void; reject: (error: Error) => void }>();
  let stopping: Promise<void> | undefined;
  const exited = new Promise((resolve) => child.once("exit", resolve)).then(() => {
    for (const { reject } of waiting.values()) reject(new ConfigurationError("the keeper of the local servers ended"));
    if (stopping === undefined) onServerEnded("the keeper of the local servers", "it was killed");
  });
  const send = (order: KeeperOrder) => stdin.write(`${JSON.stringify(order)}\n`);
  createInterface({ input: stdout }).on("line", (line) => {
    const event: unknown = JSON.parse(line);
    if (!keeperEvent.Check(event)) return;
    if (event.event === "asked") {
      onAsked(event.who, event.how);
      return;
    }
    const waiter = waiting.get(event.name);
    waiting.delete(event.name);
    if (event.event === "ready") {
      waiter?.resolve(event.pid);
    } else if (waiter !== undefined) {
      waiter.reject(new ConfigurationError(`${event.name} did not start: ${event.reason}`));
    } else if (stopping === undefined) {
      onServerEnded(event.name, event.reason);
    }
  });

  return {
    pid,
    async startServer(spec) {
      const ready = new Promise<number>((resolve, reject) => waiting.set(spec.name, { resolve, reject }));
      send({ start: spec });
      holdEventLoop(child);
      try {
        return await ready;
      } catch (error) {
        const lastLines = (await readFile(spec.logFile, "utf8").catch(() => ""))
          .trim()
          .split("\n")
          .slice(-5)
          .join("\n");
        throw new ConfigurationError(
          `${error instanceof Error ? error.message : String(error)}\nIts log, ${spec.logFile}, ends:\n${lastLines}`,
        );
      } finally {
        if (waiting.size === 0 && stopping === undefined) releaseEventLoop(child);
      }
    },
    order(order) {
      send(order);
    },
    stop() {
      if (stopping === undefined) {
        holdEventLoop(child);
        stdin.end();
        stopping = exited;
      }
      return stopping;
    },
  };
}

const keeperEvent = Compile(
  Type.Union([
    Type.Object({ event: Type.Literal("ready"), name: Type.String(), pid: Type.Integer() }),
    Type.Object({ event: Type.Literal("ended"), name: Type.String(), reason: Type.String() }),
    Type.Object({ event: Type.Literal("asked"), who: Type.String(), how: Type.String() }),
  ]),
);

function releaseEventLoop(child: ChildProcess): void {
  child.unref();
  for (const pipe of pipesOf(child)) pipe.unref();
}

function holdEventLoop(child: ChildProcess): void {
  child.ref();
  for (const pipe of pipesOf(child)) pipe.ref();
}

/** A child's pipes are sockets at run time, which the types of Node do not say. */
function pipesOf(child: ChildProcess): Socket[] {
  return [child.stdin, child.stdout].filter((pipe) => pipe instanceof Socket);
}
