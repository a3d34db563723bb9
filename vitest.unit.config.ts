import { defineConfig } from "vitest/config";

/** The first answer, within seconds: no servers, no build. */
export default defineConfig({
  // Packages of the workspace are taken from their TypeScript sources.
  ssr: { resolve: { conditions: ["source", "node", "development|production"] } },
  test: {
    include: [
      "{scripts,bench}/**/*.test.mjs",
      "packages/*/{src,test}/**/*.test.ts",
      "services/*/{src,test}/**/*.test.ts",
    ],
    // Files of a worker share the modules that they import: to load them anew for each takes most of the suite's time.
    isolate: false,
    exclude: ["**/node_modules/**", "**/dist/**", "**/*.integration.test.ts"],
  },
});
