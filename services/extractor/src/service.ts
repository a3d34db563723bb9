import { DATABASE_CONNECTIONS, SERVICE_AREAS } from "@lethe/contracts/services";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseInputFormats } from "@lethe/input-files/input-options";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { enqueueFinish } from "@lethe/service-kit/enqueue";
import { takeQueues } from "@lethe/service-kit/installation-in-redis";
import { openQueues } from "@lethe/service-kit/queues";
import type { ServiceDefinition } from "@lethe/service-kit/run-service";
import { startWorkers } from "@lethe/service-kit/service-workers";
import { openDataFolder } from "@lethe/storage/data-folder";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import { createDatabaseReadiness } from "@lethe/warehouse/check-pool";
import { joinInstallation } from "@lethe/warehouse/installation";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { markFailed } from "@lethe/warehouse/ledger/load-batch";
import { requireSchema } from "@lethe/warehouse/migrate";
import { readSteps } from "@lethe/warehouse/migration-steps";
import { newestStep } from "@lethe/warehouse/schema-version";
import { openServicePool } from "@lethe/warehouse/service-pool";
import type { ExtractorContext } from "./context.js";
import { extractRun } from "./extract-run.js";
import { restageBatch } from "./restage-batch.js";
import { returnLeft } from "./return-left.js";
import { ExtractorSettings } from "./settings.js";

/** Runs of different datasets that are extracted side by side; `DATABASE_CONNECTIONS` counts on it. */
const RUNS_AT_ONCE = 4;
/** A sender that has made a folder, or written into it, gets so long for its next file; the folder then goes with its last one. */
const FOLDER_QUIET_MS = 60_000;
/** Damaged batches that are made again side by side; that there is one at all is rare. */
const RESTAGES_AT_ONCE = 1;

const datasets = createDatasets();

export const extractorService: ServiceDefinition<typeof ExtractorSettings> = {
  name: "extractor",
  settings: ExtractorSettings,
  personalNames: datasets.personalNames,
  schema: newestStep(readSteps()),
  async start(settings, service) {
    const inputOptions = parseInputFormats(
      settings.LETHE_INPUT_FORMATS,
      datasets.all.map(({ name, csv }) => ({ name, columns: csv.columns })),
    );
    await requireSchema(settings.DATABASE_URL, datasets.database);
    const pool = await openServicePool(
      settings.DATABASE_URL,
      DATABASE_CONNECTIONS.extractor,
      "extractor",
      (warning) => service.log.warn(warning),
      datasets.database,
      service.fail,
    );
    const folder = openDataFolder(settings.DATA_DIR, { isGroupReadable: settings.LETHE_FILES_GROUP_READABLE });
    const installation = await joinInstallation(pool, folder.installation);
    await folder.requireUsable();
    const queues = openQueues(service.redis, service.prefix, { telemetry: service.telemetry });
    await takeQueues(service.redis, queues, installation, service.log);
    const settleMs = settings.LETHE_SETTLE_SECONDS * 1_000;
    const storage = openFolderStorage(settings.DATA_DIR, {
      isGroupReadable: settings.LETHE_FILES_GROUP_READABLE,
      // Where files need not settle, nobody is writing.
      landingQuietMs: settleMs === 0 ? 0 : Math.max(settleMs, FOLDER_QUIET_MS),
    });
    const context: Omit<ExtractorContext, "signal"> = {
      pool,
      queues,
      storage,
      staging: openStaging(storage),
      datasets,
      ring: parseKeyring(settings.LETHE_PRIVACY_KEY),
      stagingBytes: settings.LETHE_STAGING_BYTES,
      batchBytes: settings.LETHE_BATCH_BYTES,
      settleMs,
      readyMarker: settings.LETHE_READY_MARKER,
      inputOptions,
      limits: {
        maxRecordBytes: settings.LETHE_MAX_RECORD_BYTES,
        maxColumns: settings.LETHE_MAX_COLUMNS,
        maxFileBytes: settings.LETHE_MAX_FILE_BYTES,
        maxUnpackRatio: settings.LETHE_MAX_UNPACK_RATIO,
        maxFilesPerRun: settings.LETHE_MAX_FILES_PER_RUN,
      },
    };
    const workers = startWorkers(service, "extractor", {
      extract: {
        atOnce: RUNS_AT_ONCE,
        async handle(payload, _log, signal) {
          // Of a disk that is no longer mounted, nothing would be taken and all would look well.
          await folder.check(installation);
          return extractRun({ ...context, signal }, payload);
        },
        async giveUp({ runId }, error) {
          await failRun(pool, runId, "extract", error.code, error.message);
          await returnLeft(context, runId);
        },
      },
      restage: {
        atOnce: RESTAGES_AT_ONCE,
        handle: (payload, _log, signal) => restageBatch({ ...context, signal }, payload),
        async giveUp({ runId, batchId }, error) {
          await markFailed(pool, { runId, batchId }, "extract", error);
          await enqueueFinish(queues, runId);
        },
      },
    });
    return {
      checks: {
        ...createDatabaseReadiness(pool, datasets.database, "extractor"),
        folder: () => folder.requireWritable(installation, SERVICE_AREAS.extractor),
      },
      async stop(graceMs) {
        await workers.stop(graceMs);
        await queues.close();
        await pool.end();
      },
    };
  },
};
