import { join, resolve } from "node:path";
import { createDatasets, fieldsOf } from "@lethe/datasets/all-datasets";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { enqueueFinish } from "@lethe/service-kit/enqueue";
import { openQueues } from "@lethe/service-kit/queues";
import { runService } from "@lethe/service-kit/run-service";
import { startWorker } from "@lethe/service-kit/worker";
import { openStagingDirectory } from "@lethe/staging/staging-directory";
import { markFailed } from "@lethe/warehouse/ledger/load-batch";
import { migrate } from "@lethe/warehouse/migrate";
import { createPool } from "@lethe/warehouse/pool";
import type { TransformerContext } from "./context.js";
import { createSuppressionReader } from "./current-suppressions.js";
import { TransformerSettings } from "./settings.js";
import { transformJob } from "./transform-job.js";

/** One batch computes while the next one is read or the last one written; more would only take turns on the core. */
const BATCHES_AT_ONCE = 2;

await runService({
  name: "transformer",
  settings: TransformerSettings,
  async start(settings, service) {
    const datasets = createDatasets(settings.LETHE_ALLOW_EXTRA_FIELDS);
    const ring = parseKeyring(settings.LETHE_PRIVACY_KEY);
    const policy = readPolicy(settings.LETHE_POLICY_FILE, fieldsOf(datasets));
    await migrate(settings.DATABASE_URL);
    const pool = createPool(settings.DATABASE_URL, BATCHES_AT_ONCE + 1, "lethe-transformer");
    const queues = openQueues(service.redis, service.prefix);
    const staging = openStagingDirectory(join(resolve(settings.DATA_DIR), "staging"));
    const context: TransformerContext = { pool, staging, datasets, ring, policy };
    const currentSuppressions = createSuppressionReader(pool, ring);
    const worker = startWorker(service, "transform", BATCHES_AT_ONCE, {
      handle: (payload) => transformJob(context, currentSuppressions, payload),
      async giveUp({ runId, batchId }, error) {
        await markFailed(pool, runId, batchId, "transform", error.code, error.message);
        await enqueueFinish(queues, runId);
      },
    });
    return {
      checks: { database: () => pool.query("select") },
      async stop(graceMs) {
        await worker.stop(graceMs);
        await queues.close();
        await pool.end();
      },
    };
  },
});
