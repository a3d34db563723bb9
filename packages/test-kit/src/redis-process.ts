import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { prepareRedis } from "@lethe/local-stack/redis-server";
import { Redis } from "ioredis";

/** A Redis that one test has for itself, to set up as somebody might. */
export interface RedisProcess {
  /** With the password of its default user. */
  readonly url: string;
  readonly port: number;
  readonly password: string;
  /** Where it keeps its data. */
  readonly folder: string;
  /** A connection with all rights; to a server that speaks TLS alone there is none. */
  readonly admin: Redis;
  stop(): Promise<void>;
}

/**
 * Starts a Redis with settings of its own, as arguments of `redis-server`; `{folder}` in them stands for the folder of its data and
 * `{port}` for its port.
 */
export async function startRedisProcess(...settings: readonly string[]): Promise<RedisProcess> {
  const folder = await mkdtemp(join(tmpdir(), "lethe-redis-"));
  const { spec, redisUrl } = await prepareRedis(folder, () => undefined);
  const { port, password } = new URL(redisUrl);
  const args = settings.map((word) => word.replaceAll("{folder}", spec.cwd).replaceAll("{port}", port));
  const child = spawn(spec.command, [...spec.args, ...args], {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await untilSaid(child, spec.readyText);
  const admin = new Redis(redisUrl, { maxRetriesPerRequest: 1, enableReadyCheck: false, lazyConnect: true });
  admin.on("error", () => undefined);
  return {
    url: redisUrl,
    port: Number(port),
    password,
    folder: spec.cwd,
    admin,
    async stop() {
      admin.disconnect();
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilSaid(child: ChildProcess, text: string): Promise<void> {
  let said = "";
  if (child.stdout === null) throw new TypeError("its output is a pipe");
  for await (const line of createInterface({ input: child.stdout })) {
    said += `${line}\n`;
    if (line.includes(text)) {
      child.stdout.resume();
      return;
    }
  }
  throw new Error(`Redis did not start:\n${said}`);
}
