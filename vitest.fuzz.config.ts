import { defineConfig } from "vitest/config";

/** Arbitrary and mutated input against every parser and route; `npm run fuzz`. Real PostgreSQL and Redis, no build. */
export default defineConfig({
  ssr: { resolve: { conditions: ["source", "node", "development|production"] } },
  test: {
    include: ["fuzz/*.fuzz.ts"],
    globalSetup: ["packages/test-kit/src/global-setup.ts"],
    maxWorkers: 2,
    // The number of cases is what ends a target, not the clock.
    testTimeout: 60 * 60_000,
    hookTimeout: 120_000,
  },
});
