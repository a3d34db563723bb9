import { defineConfig } from "vitest/config";

/** Against real PostgreSQL and Redis. Tests that start services as processes of their own need the build. */
export default defineConfig({
  ssr: { resolve: { conditions: ["source", "module", "node", "development|production"] } },
  test: {
    include: [
      "packages/*/{src,test}/**/*.integration.test.ts",
      "services/*/{src,test}/**/*.integration.test.ts",
      "tests/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
    globalSetup: ["packages/test-kit/src/global-setup.ts"],
    // Each file's services and servers share two cores with it.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
