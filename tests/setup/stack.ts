import { startTestStack } from "@lethe/local-stack/test-stack";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A database to make further databases from; no test writes into it. */
    databaseUrl: string;
    /** A Redis that all test files share: each uses a prefix of its own. */
    redisUrl: string;
  }
}

/** Starts PostgreSQL and Redis once for all integration tests, which get at them by `inject("databaseUrl")`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startTestStack({
    databaseUrl: process.env.DATABASE_URL || undefined,
    redisUrl: process.env.REDIS_URL || undefined,
    onNote: (note) => console.log(`test stack: ${note}`),
  });
  project.provide("databaseUrl", stack.databaseUrl);
  project.provide("redisUrl", stack.redisUrl);
  return stack.stop;
}
