import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { CHROMIUM } from "./packages/test-kit/src/chromium.js";

/** Files that take minutes: one that begins last would have the others wait for it alone. */
const LONG = ["tests/erasure/crash-anywhere.test.ts", "tests/drills.test.ts", "tests/erasure/subjects.test.ts"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((file) => moduleId.endsWith(file));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Tests of the console's pages, which are declared where Chromium is installed. */
const IN_BROWSER = "tests/console/**";
if (CHROMIUM === undefined) console.log("this machine has no Chromium: the console's pages are not tested");

/** Against real PostgreSQL and Redis. Tests that start services as processes of their own need the build. */
export default defineConfig({
  ssr: { resolve: { conditions: ["source", "node", "development|production"] } },
  test: {
    include: [
      "packages/*/{src,test}/**/*.integration.test.ts",
      "services/*/{src,test}/**/*.integration.test.ts",
      "tests/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**", ...(CHROMIUM === undefined ? [IN_BROWSER] : [])],
    globalSetup: ["packages/test-kit/src/global-setup.ts"],
    // Tests wait for services and servers for much of their time, and those share the cores with them.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Files of a worker share the modules that they import: to load them anew for each costs a tenth of the suite's time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
