import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type LocalStack, startLocalStack } from "@lethe/local-stack/start-local-stack";

export type TestStack = Pick<LocalStack, "databaseUrl" | "redisUrl" | "stop">;

export interface TestStackOptions {
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly onNote?: (note: string) => void;
}

/**
 * Returns a real PostgreSQL and a real Redis to test against: those whose URLs are given, else containers where a Docker
 * engine answers, else a local stack in a new temporary folder. `stop()` removes all that was made.
 */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const { onNote = () => {} } = options;
  if (options.databaseUrl === undefined || options.redisUrl === undefined) {
    try {
      return await startContainers(options);
    } catch (error) {
      onNote(
        `no containers (${error instanceof Error ? error.message : String(error)}); a local stack takes their place`,
      );
    }
  }
  const directory = await mkdtemp(path.join(tmpdir(), "lethe-test-stack-"));
  const removeDirectory = () => rm(directory, { recursive: true, force: true });
  try {
    const stack = await startLocalStack({ ...options, directory, throwaway: true });
    return { ...stack, stop: () => stack.stop().finally(removeDirectory) };
  } catch (error) {
    await removeDirectory();
    throw error;
  }
}

const PASSWORD = "only-for-tests";

/** Throws when no Docker engine answers; that testcontainers finds a program of that name would prove nothing. */
async function startContainers(options: TestStackOptions): Promise<TestStack> {
  // Loaded only here: it is large, and `npm start` never needs it.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import("testcontainers");
  await getContainerRuntimeClient();
  const started: { stop(): Promise<unknown> }[] = [];
  const stop = async () => {
    await Promise.all(started.map((container) => container.stop()));
  };
  try {
    let { databaseUrl, redisUrl } = options;
    if (databaseUrl === undefined) {
      const postgres = await new GenericContainer("postgres:18-alpine")
        .withEnvironment({ POSTGRES_USER: "lethe", POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: "lethe" })
        .withCommand(["postgres", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
        .withExposedPorts(5432)
        // The first time it is the server of the image's own setup, which then stops.
        .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
        .start();
      started.push(postgres);
      databaseUrl = `postgres://lethe:${PASSWORD}@${postgres.getHost()}:${postgres.getMappedPort(5432)}/lethe`;
    }
    if (redisUrl === undefined) {
      const redis = await new GenericContainer("redis:7-alpine")
        .withCommand(["redis-server", "--maxmemory-policy", "noeviction"])
        .withExposedPorts(6379)
        .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
        .start();
      started.push(redis);
      redisUrl = `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`;
    }
    return { databaseUrl, redisUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
