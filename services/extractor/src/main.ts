import { join, resolve } from "node:path";
import { createDatasets } from "@lethe/datasets/all-datasets";
import { openQueues } from "@lethe/service-kit/queues";
import { runService } from "@lethe/service-kit/run-service";
import { startWorker } from "@lethe/service-kit/worker";
import { openStagingDirectory } from "@lethe/staging/staging-directory";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { migrate } from "@lethe/warehouse/migrate";
import { createPool } from "@lethe/warehouse/pool";
import type { ExtractorContext } from "./context.js";
import { extractRun } from "./extract-run.js";
import { ExtractorSettings } from "./settings.js";

/** Runs of different datasets that are extracted side by side. */
const RUNS_AT_ONCE = 4;

await runService({
  name: "extractor",
  settings: ExtractorSettings,
  async start(settings, service) {
    await migrate(settings.DATABASE_URL);
    // Each run holds one connection with its lock and works on another.
    const pool = createPool(settings.DATABASE_URL, 2 * RUNS_AT_ONCE + 2, "lethe-extractor");
    const queues = openQueues(service.redis, service.prefix);
    const data = resolve(settings.DATA_DIR);
    const context: ExtractorContext = {
      pool,
      queues,
      staging: openStagingDirectory(join(data, "staging")),
      datasets: createDatasets(false),
      landing: join(data, "landing"),
      quarantine: join(data, "quarantined_data"),
      batchBytes: settings.LETHE_BATCH_BYTES,
      maxRecordBytes: settings.LETHE_MAX_RECORD_BYTES,
    };
    const worker = startWorker(service, "extract", RUNS_AT_ONCE, {
      handle: (payload) => extractRun(context, payload),
      giveUp: ({ runId }, error) => failRun(pool, runId, "extract", error.code, error.message),
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
