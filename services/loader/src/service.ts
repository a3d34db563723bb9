import { DATABASE_CONNECTIONS, SERVICE_AREAS } from "@lethe/contracts/services";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { requireSigningKey } from "@lethe/privacy/signing-key";
import { readChecks } from "@lethe/quality/read-checks";
import { checkpointInRedis } from "@lethe/service-kit/checkpoint-in-redis";
import { enqueueFinish, enqueueLoad } from "@lethe/service-kit/enqueue";
import { takeQueues } from "@lethe/service-kit/installation-in-redis";
import { openQueues } from "@lethe/service-kit/queues";
import type { ServiceDefinition } from "@lethe/service-kit/run-service";
import { startWorkers } from "@lethe/service-kit/service-workers";
import { checkpointFile } from "@lethe/storage/checkpoint-file";
import { openDataFolder } from "@lethe/storage/data-folder";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import { createDatabaseReadiness } from "@lethe/warehouse/check-pool";
import { tablesAboutPeople } from "@lethe/warehouse/data-map";
import { requireVacuumer } from "@lethe/warehouse/erasures/vacuum-erased-tables";
import { joinInstallation } from "@lethe/warehouse/installation";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { markFailed } from "@lethe/warehouse/ledger/load-batch";
import { requireSchema } from "@lethe/warehouse/migrate";
import { readSteps } from "@lethe/warehouse/migration-steps";
import { requireNotRolledBack } from "@lethe/warehouse/proof/known-checkpoints";
import type { LogSigning } from "@lethe/warehouse/proof/sign-log";
import { newestStep } from "@lethe/warehouse/schema-version";
import { openServicePool } from "@lethe/warehouse/service-pool";
import type { LoaderContext } from "./context.js";
import { finishJob } from "./finish-job.js";
import { loadJob } from "./load-job.js";
import { countLoads } from "./load-metrics.js";
import { DEFAULT_LOADS_AT_ONCE, LoaderSettings } from "./settings.js";

/** Runs of different datasets that are finished side by side. */
const FINISHES_AT_ONCE = 2;

const datasets = createDatasets();

/** Defines the service. `onStep` is told of each step before it is taken; only tests give one. */
export function loaderService(onStep?: (step: string) => void): ServiceDefinition<typeof LoaderSettings> {
  return {
    name: "loader",
    settings: LoaderSettings,
    personalNames: datasets.personalNames,
    schema: newestStep(readSteps()),
    async start(settings, service) {
      const ring = parseKeyring(settings.LETHE_PRIVACY_KEY);
      const signer = requireSigningKey(settings.LETHE_SIGNING_KEY);
      const policy = readPolicy(settings, datasets.fields);
      const checks = readChecks(settings, datasets.checkedFields);
      await requireSchema(settings.DATABASE_URL, datasets.database);
      const pool = await openServicePool(
        settings.DATABASE_URL,
        DATABASE_CONNECTIONS.loader + settings.LETHE_LOADS_AT_ONCE - DEFAULT_LOADS_AT_ONCE,
        "loader",
        (warning) => service.log.warn(warning),
        datasets.database,
        service.fail,
      );
      // Now, not when the first person has waited for their erasure.
      await requireVacuumer(pool, tablesAboutPeople(datasets.database));
      const signing: LogSigning = {
        signer,
        stores: [checkpointFile(settings.DATA_DIR), checkpointInRedis(service.redis, service.prefix)],
      };
      await requireNotRolledBack(pool, signing.stores);
      const folder = openDataFolder(settings.DATA_DIR, { isGroupReadable: settings.LETHE_FILES_GROUP_READABLE });
      const installation = await joinInstallation(pool, folder.installation);
      await folder.requireUsable();
      const queues = openQueues(service.redis, service.prefix, { telemetry: service.telemetry });
      await takeQueues(service.redis, queues, installation, service.log);
      const storage = openFolderStorage(settings.DATA_DIR, {
        isGroupReadable: settings.LETHE_FILES_GROUP_READABLE,
      });
      const context: LoaderContext = {
        pool,
        queues,
        checks,
        lookedAtUpTo: new Map(),
        stagingBytes: settings.LETHE_STAGING_BYTES,
        storage,
        staging: openStaging(storage),
        datasets,
        ring,
        policy,
        signing,
        maxUnpackRatio: settings.LETHE_MAX_UNPACK_RATIO,
        fullSearchBytes: settings.LETHE_FULL_SEARCH_BYTES,
        onLoaded: countLoads(service.metrics.registry),
        ...(onStep !== undefined && { onStep }),
      };
      const workers = startWorkers(service, "loader", {
        load: {
          atOnce: settings.LETHE_LOADS_AT_ONCE,
          handle: (payload, log, signal) => loadJob(context, payload, log, signal),
          async giveUp({ runId, batchId }, error) {
            await markFailed(pool, { runId, batchId }, "load", error);
            // What stands behind it has waited for it.
            await enqueueLoad(queues, runId, batchId);
            await enqueueFinish(queues, runId);
          },
        },
        finish: {
          atOnce: FINISHES_AT_ONCE,
          async handle(payload, log, signal) {
            await folder.check(installation);
            return finishJob(context, payload, log, signal);
          },
          giveUp: ({ runId }, error) => failRun(pool, runId, "finish", error.code, error.message),
        },
      });
      return {
        checks: {
          ...createDatabaseReadiness(pool, datasets.database, "loader"),
          folder: () => folder.requireWritable(installation, SERVICE_AREAS.loader),
        },
        async stop(graceMs) {
          await workers.stop(graceMs);
          await queues.close();
          await pool.end();
        },
      };
    },
  };
}
