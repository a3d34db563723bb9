import { fileURLToPath } from "node:url";
import { createDatasets } from "@lethe/datasets/all-datasets";
import { createLogger } from "@lethe/service-kit/logger";
import { createMetrics } from "@lethe/service-kit/metrics";
import { createPool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildApp } from "./app.js";
import { createPageSize } from "./http/page-size.js";

const FILE = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));

// Neither is asked anything while the description is made.
const pool = createPool("postgres://127.0.0.1:1/none", 1, "none");
const unused = async () => {
  throw new Error("the description needs no queue");
};

let app: Awaited<ReturnType<typeof buildApp>>;
beforeAll(async () => {
  app = await buildApp({
    pool,
    runQueue: { start: unused, resume: unused, finish: unused },
    schedulesOn: true,
    applySchedules: unused,
    dataFolder: "none",
    erasurePlan: { pool, datasets: createDatasets(false), archived: "none", processed: "none", quarantined: "none" },
    checks: {},
    registry: createMetrics("scheduler").registry,
    log: createLogger("scheduler", "silent"),
    token: undefined,
    limits: { requests: 600, tokenTries: 20, bodyBytes: 1024 * 1024, requestMs: 30_000 },
    pageSize: createPageSize(200),
    board: { queues: [], readOnly: true },
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await pool.end();
});

/** `npx vitest run -u -c vitest.unit.config.ts services/scheduler/src/open-api.test.ts` writes the file anew. */
it("docs/openapi.json is what the routes say", async () => {
  await expect(`${JSON.stringify(app.swagger(), undefined, 2)}\n`).toMatchFileSnapshot(FILE);
});

it("describes every route with summary, tag and problems", () => {
  const paths = app.swagger().paths ?? {};
  expect(Object.keys(paths)).toHaveLength(23);
  for (const [path, operations] of Object.entries(paths)) {
    for (const operation of Object.values(operations)) {
      expect(operation, path).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      if (path === "/healthz" || path === "/readyz") continue;
      expect(operation, path).toMatchObject({ responses: { 401: {}, 403: {}, 429: {}, 500: {}, 503: {} } });
    }
  }
});
