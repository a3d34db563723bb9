import { defineConfig } from "vitest/config";

/** Switches parts of the search for people off, one after the other. It takes minutes, so `npm test` leaves it out. */
export default defineConfig({
  ssr: { resolve: { conditions: ["source", "node", "development|production"] } },
  test: {
    include: ["tests/**/*.mutation.ts"],
    globalSetup: ["packages/test-kit/src/global-setup.ts"],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
