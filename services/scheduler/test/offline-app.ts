import { createDatasets } from "@lethe/datasets/create-datasets";
import { readPolicy } from "@lethe/privacy/read-policy";
import { parseChecks } from "@lethe/quality/checks-file";
import { createLogger } from "@lethe/service-kit/logger";
import { createMetrics } from "@lethe/service-kit/metrics";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { createPool } from "@lethe/warehouse/pool";
import { buildApp } from "../src/app.js";
import type { SchedulerContext } from "../src/context.js";
import { createPageSize } from "../src/http/page-size.js";

/** Where nothing can be: a request that would write here fails, and leaves nothing behind. */
const NO_STORAGE = openFolderStorage("/dev/null/none");

/** Builds the API with no queue behind it, and a database on a port where nobody listens. */
export async function buildOfflineApp(
  changes: Partial<SchedulerContext> = {},
): Promise<Awaited<ReturnType<typeof buildApp>>> {
  const pool = createPool("postgres://127.0.0.1:1/none", 1, "none");
  const unused = async () => {
    throw new Error("there is no queue");
  };
  const datasets = createDatasets();
  const app = await buildApp({
    pool,
    datasets,
    runQueue: { start: unused, resume: unused, finish: unused },
    schedules: { on: true, subMinute: false },
    dataChecks: parseChecks(undefined, datasets.checkedFields),
    applySchedules: unused,
    storage: NO_STORAGE,
    erasurePlan: {
      pool,
      datasets,
      storage: NO_STORAGE,
      maxUnpackRatio: 1,
    },
    ring: undefined,
    policy: () => readPolicy({}, datasets.fields),
    proof: {},
    checks: {},
    warnings: () => [],
    registry: createMetrics("scheduler").registry,
    log: createLogger("scheduler", "silent", []),
    fourEyes: false,
    token: undefined,
    sessionKey: undefined,
    openId: undefined,
    limits: {
      requests: 600,
      tokenTries: 20,
      bodyBytes: 1024 * 1024,
      requestMs: 30_000,
      answerMs: 10_000,
      connections: 1_000,
    },
    streams: { heartbeatMs: 15_000, recheckMs: 30_000 },
    pageSize: createPageSize(200),
    installation: {
      diagnose: async () => ({ findings: [], made: [], leftOut: [] }),
      processes: async () => [],
    },
    board: { queues: [], readOnly: true },
    ...changes,
  });
  await app.ready();
  return app;
}
