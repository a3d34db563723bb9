import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@lethe/service-kit/logger";
import { createMetrics } from "@lethe/service-kit/metrics";
import { connectRedis } from "@lethe/service-kit/redis";
import { createRedisReadiness } from "@lethe/service-kit/redis-readiness";
import type { RunningService } from "@lethe/service-kit/run-service";
import { readSettings } from "@lethe/service-kit/settings";
import { openTestPlace, type TestPlace } from "@lethe/test-kit/test-place";
import type { Redis } from "ioredis";
import { schedulerService } from "../src/service.js";
import { SchedulerSettings } from "../src/settings.js";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form.
  readonly body: any;
}

export interface TestScheduler {
  readonly service: RunningService;
  readonly address: string;
  /** Its own connection to Redis. */
  readonly redis: Redis;
  /** Sends a request; a body goes as JSON unless it is text. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface World extends Omit<TestPlace, "databaseUrl" | "close"> {
  /** DATA_DIR. */
  readonly data: string;
  /** All that schedulers of this world logged. */
  logged(): string;
  /** Starts one more scheduler on this database and prefix, on a free port. */
  start(environment?: Record<string, string>): Promise<TestScheduler>;
  /** Stops what runs still, and removes database and keys. A connection left open to the database makes it throw. */
  end(): Promise<void>;
}

/** Creates a database and a queue prefix of their own for one test file. All its schedulers get these settings. */
export async function createWorld(common: Record<string, string> = {}): Promise<World> {
  const place = await openTestPlace();
  const { redisUrl, prefix } = place;
  const data = await mkdtemp(join(tmpdir(), `${prefix}-`));
  const lines: string[] = [];
  const running = new Set<TestScheduler>();

  async function start(environment: Record<string, string> = {}): Promise<TestScheduler> {
    const settings = readSettings(SchedulerSettings, {
      DATABASE_URL: place.databaseUrl,
      REDIS_URL: redisUrl,
      DATA_DIR: data,
      LETHE_QUEUE_PREFIX: prefix,
      LETHE_PORT: "0",
      ...common,
      ...environment,
    });
    const own = connectRedis(redisUrl);
    const log = createLogger("scheduler", "debug", schedulerService.personalNames, {
      write: (line) => lines.push(line),
    });
    const service = await schedulerService
      .start(settings, {
        redis: own,
        redisReadiness: createRedisReadiness(own, prefix, "Redis of the tests"),
        prefix,
        log,
        lockMs: 30_000,
        metrics: createMetrics("scheduler"),
        fail: (error) => log.error({ err: error }),
      })
      .catch((error: unknown) => {
        own.disconnect();
        throw error;
      });
    const address = service.address ?? "";
    const scheduler: TestScheduler = {
      service,
      address,
      redis: own,
      call: (...request) => call(address, ...request),
      async stop() {
        running.delete(scheduler);
        await service.stop(5_000);
        own.disconnect();
      },
    };
    running.add(scheduler);
    return scheduler;
  }

  return {
    ...place,
    data,
    logged: () => lines.join(""),
    start,
    async end() {
      for (const scheduler of [...running]) await scheduler.stop();
      await place.close();
      await rm(data, { recursive: true });
    },
  };
}

async function call(
  address: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(address + path, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
