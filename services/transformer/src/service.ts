import { DATABASE_CONNECTIONS, SERVICE_AREAS } from "@lethe/contracts/services";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { formatKeyring, parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { enqueueFinish, enqueueLoad } from "@lethe/service-kit/enqueue";
import { takeQueues } from "@lethe/service-kit/installation-in-redis";
import { openQueues } from "@lethe/service-kit/queues";
import type { ServiceDefinition } from "@lethe/service-kit/run-service";
import { startWorkers } from "@lethe/service-kit/service-workers";
import { openDataFolder } from "@lethe/storage/data-folder";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import { createDatabaseReadiness } from "@lethe/warehouse/check-pool";
import { joinInstallation } from "@lethe/warehouse/installation";
import { markFailed } from "@lethe/warehouse/ledger/load-batch";
import { requireSchema } from "@lethe/warehouse/migrate";
import { readSteps } from "@lethe/warehouse/migration-steps";
import { newestStep } from "@lethe/warehouse/schema-version";
import { openServicePool } from "@lethe/warehouse/service-pool";
import type { TransformerContext } from "./context.js";
import { createSuppressionReader } from "./current-suppressions.js";
import { TransformerSettings } from "./settings.js";
import { startThreadPool } from "./thread-pool.js";
import { transformJob } from "./transform-job.js";
import { transformOrRestage } from "./transform-or-restage.js";

/**
 * A thread transforms several times what the database takes in meanwhile, and each takes 80 MiB. Who has more to transform
 * starts more transformers.
 */
const BATCHES_AT_ONCE = 1;

export interface TransformerOptions {
  /** The script of the threads; only tests give another one. */
  readonly thread?: URL;
}

const datasets = createDatasets();

/** Defines the service. */
export function transformerService(options: TransformerOptions = {}): ServiceDefinition<typeof TransformerSettings> {
  return {
    name: "transformer",
    settings: TransformerSettings,
    personalNames: datasets.personalNames,
    schema: newestStep(readSteps()),
    async start(settings, service) {
      const schemaMode = settings.LETHE_SCHEMA_CHANGES;
      const keyring = formatKeyring(parseKeyring(settings.LETHE_PRIVACY_KEY));
      const policy = readPolicy(settings, datasets.fields);
      await requireSchema(settings.DATABASE_URL, datasets.database);
      const threads = await startThreadPool({
        script: options.thread ?? new URL("./thread.js", import.meta.url),
        memoryMb: settings.LETHE_TRANSFORM_MEMORY_MB,
        data: {
          dataFolder: settings.DATA_DIR,
          isGroupReadable: settings.LETHE_FILES_GROUP_READABLE,
          keyring,
          policy,
          schemaMode,
          refundMode: settings.LETHE_REFUNDS,
          maxNesting: settings.LETHE_MAX_NESTING,
        },
      });
      const pool = await openServicePool(
        settings.DATABASE_URL,
        DATABASE_CONNECTIONS.transformer,
        "transformer",
        (warning) => service.log.warn(warning),
        datasets.database,
        service.fail,
      );
      const folder = openDataFolder(settings.DATA_DIR, { isGroupReadable: settings.LETHE_FILES_GROUP_READABLE });
      const installation = await joinInstallation(pool, folder.installation);
      await folder.requireUsable();
      const queues = openQueues(service.redis, service.prefix, { telemetry: service.telemetry });
      await takeQueues(service.redis, queues, installation, service.log);
      const context: TransformerContext = {
        pool,
        staging: openStaging(
          openFolderStorage(settings.DATA_DIR, {
            isGroupReadable: settings.LETHE_FILES_GROUP_READABLE,
          }),
        ),
        threads,
        limits: {
          batchSeconds: settings.LETHE_TRANSFORM_SECONDS,
          recordSeconds: settings.LETHE_RECORD_SECONDS,
          poison: settings.LETHE_MAX_POISON,
        },
        schemaMode,
        currentSuppressions: createSuppressionReader(pool),
      };
      const workers = startWorkers(service, "transformer", {
        transform: {
          atOnce: BATCHES_AT_ONCE,
          handle: (payload, log, signal) =>
            transformOrRestage(pool, queues, payload, log, () => transformJob(context, payload, log, signal)),
          async giveUp({ runId, batchId }, error) {
            await markFailed(pool, { runId, batchId }, "transform", error);
            // What stands behind it has waited for it.
            await enqueueLoad(queues, runId, batchId);
            await enqueueFinish(queues, runId);
          },
        },
      });
      return {
        checks: {
          ...createDatabaseReadiness(pool, datasets.database, "transformer"),
          folder: () => folder.requireWritable(installation, SERVICE_AREAS.transformer),
        },
        async stop(graceMs) {
          await workers.stop(graceMs);
          await threads.stop();
          await queues.close();
          await pool.end();
        },
      };
    },
  };
}
