import { createDatasets } from "@lethe/datasets/create-datasets";
import { migrate } from "@lethe/warehouse/migrate";
import type { TestProject } from "vitest/node";
import { createTemplateDatabase, dropTemplateDatabase, type TemplateDatabase } from "./test-database.js";
import { startTestStack } from "./test-stack.js";

declare module "vitest" {
  interface ProvidedContext {
    /** A database to make further databases from; no test writes into it. */
    databaseUrl: string;
    /** A Redis that all test files share: each uses a prefix of its own. */
    redisUrl: string;
    /** A migrated database to copy. */
    template: TemplateDatabase;
  }
}

/** Starts PostgreSQL and Redis once for all integration tests, which get at them by `inject("databaseUrl")`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startTestStack({
    databaseUrl: process.env.DATABASE_URL || undefined,
    redisUrl: process.env.REDIS_URL || undefined,
    onNote: (note) => console.log(`test stack: ${note}`),
  });
  try {
    const template = await createTemplateDatabase(stack.databaseUrl, async (url) => {
      await migrate(url, createDatasets().database);
    });
    project.provide("databaseUrl", stack.databaseUrl);
    project.provide("redisUrl", stack.redisUrl);
    project.provide("template", template);
    return () => dropTemplateDatabase(template).finally(stack.stop);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
