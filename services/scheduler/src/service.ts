import { ConfigurationError } from "@lethe/contracts/errors";
import { DATABASE_CONNECTIONS, SERVICE_AREAS } from "@lethe/contracts/services";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { diagnose } from "@lethe/doctor/diagnose";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { parsePublicKeys, parseSigningKeys } from "@lethe/privacy/signing-key";
import { readChecks } from "@lethe/quality/read-checks";
import { checkpointInRedis } from "@lethe/service-kit/checkpoint-in-redis";
import { scheduleRules } from "@lethe/service-kit/cron/check-schedule";
import { enqueueActiveRuns } from "@lethe/service-kit/enqueue";
import { readHeartbeats } from "@lethe/service-kit/heartbeat";
import { takeQueues } from "@lethe/service-kit/installation-in-redis";
import { openQueues } from "@lethe/service-kit/queues";
import {
  type RunningService,
  readinessChecks,
  type ServiceContext,
  type ServiceDefinition,
} from "@lethe/service-kit/run-service";
import { startWorkers } from "@lethe/service-kit/service-workers";
import { checkpointFile } from "@lethe/storage/checkpoint-file";
import { openDataFolder } from "@lethe/storage/data-folder";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { createDatabaseReadiness } from "@lethe/warehouse/check-pool";
import { joinInstallation } from "@lethe/warehouse/installation";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { closeDoneLetters } from "@lethe/warehouse/ledger/close-dead-letters";
import { forgetTransitions } from "@lethe/warehouse/ledger/run-transitions";
import { requireSchema } from "@lethe/warehouse/migrate";
import { readSteps } from "@lethe/warehouse/migration-steps";
import { newestStep } from "@lethe/warehouse/schema-version";
import { openServicePool } from "@lethe/warehouse/service-pool";
import type { FastifyInstance } from "fastify";
import { buildApp } from "./app.js";
import { awaitRedis } from "./await-redis.js";
import { doctorSettings } from "./doctor-settings.js";
import { createPageSize } from "./http/page-size.js";
import { addLedgerMetrics } from "./ledger-metrics.js";
import { createOpenId } from "./open-id/open-id.js";
import { readOpenIdSettings, readSessionKey } from "./open-id/open-id-settings.js";
import { readEventOutput } from "./openlineage/event-output.js";
import { tellOfRuns } from "./openlineage/tell-of-runs.js";
import { checkData } from "./quality/check-data.js";
import { addQualityMetrics } from "./quality/quality-metrics.js";
import { addQueueMetrics } from "./queue-metrics.js";
import { resumeOrphanedErasures, takeFiledRequests, takeReleased } from "./reconcile-erasures.js";
import { startReconciler, type Task } from "./reconciler.js";
import { createRunQueue } from "./run-queue.js";
import { createScheduleKeeper } from "./schedules/keep-schedules.js";
import { triggerRun } from "./schedules/trigger-run.js";
import { requireSigning, requireToken, SchedulerSettings } from "./settings.js";
import { signDecisions } from "./sign-decisions.js";
import { addTaskMetric } from "./task-metric.js";
import { deliverWebhooks, readWebhook } from "./webhook/deliver-webhooks.js";
import { createManifestTask } from "./write-manifest.js";

const TRIGGERS_AT_ONCE = 4;
const FAILED_START_GRACE_MS = 2_000;
const ANSWER_MS = 10_000;
/** Proxies end connections that are silent for a minute, and a token that is revoked is to be out within one. */
const STREAMS = { heartbeatMs: 15_000, recheckMs: 30_000 };

const datasets = createDatasets();

export const schedulerService: ServiceDefinition<typeof SchedulerSettings> = {
  name: "scheduler",
  settings: SchedulerSettings,
  personalNames: datasets.personalNames,
  schema: newestStep(readSteps()),
  start: startScheduler,
};

/**
 * Starts the scheduler: migrates the database, starts the reconciler and the worker of triggers, and serves the API. Throws
 * ConfigurationError for settings that are not allowed. When it throws, it has closed everything that it opened.
 */
async function startScheduler(settings: SchedulerSettings, context: ServiceContext): Promise<RunningService> {
  requireToken(settings);
  requireSigning(settings);
  const webhook = readWebhook(settings);
  const eventOutput = readEventOutput(settings);
  const openIdSettings = readOpenIdSettings(settings);
  const sessionKey = readSessionKey(settings);
  const dataChecks = readChecks(settings, datasets.checkedFields);
  const ring = settings.LETHE_PRIVACY_KEY === undefined ? undefined : parseKeyring(settings.LETHE_PRIVACY_KEY);
  const { redis, log, metrics, prefix } = context;
  const signer = settings.LETHE_SIGNING_KEY === undefined ? undefined : parseSigningKeys(settings.LETHE_SIGNING_KEY);
  const stores = [checkpointFile(settings.DATA_DIR), checkpointInRedis(redis, prefix)];
  await requireSchema(settings.DATABASE_URL, datasets.database);

  const opened: ((graceMs: number) => Promise<unknown>)[] = [];
  async function stop(graceMs: number): Promise<void> {
    for (const close of opened.reverse().splice(0)) await close(graceMs);
  }
  try {
    const pool = await openServicePool(
      settings.DATABASE_URL,
      DATABASE_CONNECTIONS.scheduler,
      "scheduler",
      (warning) => log.warn(warning),
      datasets.database,
      context.fail,
    );
    opened.push(() => pool.end());
    const folder = openDataFolder(settings.DATA_DIR, { isGroupReadable: settings.LETHE_FILES_GROUP_READABLE });
    const installation = await joinInstallation(pool, folder.installation);
    await folder.requireUsable();
    const queues = openQueues(redis, prefix, { telemetry: context.telemetry });
    // The three that need Redis share the grace period: a Redis that does not answer may delay each of them.
    opened.push((graceMs) => awaitRedis(queues.close(), graceMs / 4));
    await takeQueues(redis, queues, installation, log);
    const runQueue = createRunQueue(queues, log);
    const storage = openFolderStorage(settings.DATA_DIR, {
      isGroupReadable: settings.LETHE_FILES_GROUP_READABLE,
    });
    const rules = scheduleRules(settings);

    const schedules = createScheduleKeeper({
      db: pool,
      datasets: datasets.all,
      queue: queues.byJob.trigger,
      rules,
      makeUp: settings.LETHE_CATCH_UP,
      log,
    });
    const reconcile = async () => {
      const added = await enqueueActiveRuns(queues, await readActiveRuns(pool));
      if (added > 0) log.info({ added }, "active runs enqueued again");
    };
    const onDone = addTaskMetric(metrics.registry);
    const startTasks = (tasks: readonly Task[]) =>
      startReconciler(redis, log, settings.LETHE_UPKEEP_SECONDS * 1_000, tasks, onDone);
    const reconciler = await startTasks([
      { name: "apply schedules", run: schedules.apply },
      { name: "catch up", run: schedules.catchUp },
      { name: "reconcile", run: reconcile },
      { name: "take filed requests", run: () => takeFiledRequests(pool, runQueue, datasets, storage) },
      { name: "take what decisions released", run: () => takeReleased(pool, runQueue, datasets) },
      {
        name: "check data",
        run: async () => {
          const tells = webhook !== undefined;
          await checkData({ pool, datasets: datasets.all, checks: dataChecks, rules, tells }, new Date());
        },
      },
      { name: "write manifest", run: createManifestTask(pool, storage) },
      {
        name: "close dead letters",
        run: async () => {
          const closed = await closeDoneLetters(pool);
          if (closed > 0) log.info({ closed }, "dead letters closed: their work was done since");
        },
      },
      ...(eventOutput === undefined ? [{ name: "forget runs' events", run: () => forgetTransitions(pool) }] : []),
      { name: "resume orphaned erasures", run: () => resumeOrphanedErasures(pool, runQueue, datasets) },
      ...(signer === undefined
        ? []
        : [{ name: "sign the log", run: () => signDecisions(pool, { signer, stores }, log) }]),
    ]);
    opened.push((graceMs) => reconciler.stop(graceMs / 4));
    if (webhook !== undefined) {
      // By itself, since a receiver that answers late must not keep the others waiting.
      const webhooks = await startTasks([{ name: "deliver webhooks", run: () => deliverWebhooks(pool, webhook, log) }]);
      opened.push((graceMs) => webhooks.stop(graceMs / 4));
    }
    if (eventOutput !== undefined) {
      const telling = { pool, datasets, databaseUrl: settings.DATABASE_URL, output: eventOutput, log };
      const stopped = new AbortController();
      const teller = await startTasks([
        { name: "send OpenLineage events", run: () => tellOfRuns(telling, stopped.signal) },
      ]);
      opened.push(async (graceMs) => {
        await teller.stop(graceMs / 8);
        // What ended since the last round is told of now: the next start may be far off.
        await awaitRedis(tellOfRuns(telling, stopped.signal), graceMs / 8);
        stopped.abort();
      });
    }

    if (rules.on) {
      const workers = startWorkers(context, "scheduler", {
        trigger: {
          atOnce: TRIGGERS_AT_ONCE,
          handle: (payload, _log, _signal, id) => triggerRun(pool, datasets, runQueue, payload, id),
        },
      });
      opened.push((graceMs) => workers.stop(graceMs / 4));
    }

    const measured = { requests: datasets.requests.name, tellsOfRuns: eventOutput !== undefined };
    addLedgerMetrics(metrics.registry, pool, measured, log);
    addQualityMetrics(metrics.registry, pool, log);
    addQueueMetrics(metrics.registry, Object.values(queues.byJob), log);
    const checks = {
      ...createDatabaseReadiness(pool, datasets.database, "scheduler"),
      folder: () => folder.requireWritable(installation, SERVICE_AREAS.scheduler),
    };
    const app = await buildApp({
      pool,
      datasets,
      runQueue,
      schedules: rules,
      dataChecks,
      applySchedules: async () => {
        const outcome = await awaitRedis(schedules.apply());
        if (outcome !== "done")
          log.warn({ error: outcome.error }, "schedules could not be applied; the reconciler will apply them");
      },
      storage,
      erasurePlan: {
        maxUnpackRatio: settings.LETHE_MAX_UNPACK_RATIO,
        pool,
        datasets,
        storage,
      },
      ring,
      policy: () => readPolicy(settings, datasets.fields),
      proof: { verifySignature: signer && parsePublicKeys(signer.publicKeys.join("")), stores },
      checks: readinessChecks(checks, context.redisReadiness),
      warnings: () => [...context.redisReadiness.warnings(), ...schedules.warnings()],
      registry: metrics.registry,
      log,
      fourEyes: settings.LETHE_FOUR_EYES,
      token: settings.LETHE_API_TOKEN,
      sessionKey,
      openId: openIdSettings === undefined ? undefined : createOpenId(openIdSettings, log),
      limits: {
        requests: settings.LETHE_RATE_LIMIT,
        tokenTries: settings.LETHE_TOKEN_TRIES,
        bodyBytes: settings.LETHE_MAX_BODY_BYTES,
        requestMs: settings.LETHE_REQUEST_TIMEOUT_MS,
        connections: settings.LETHE_MAX_CONNECTIONS,
        answerMs: ANSWER_MS,
      },
      streams: STREAMS,
      pageSize: createPageSize(settings.LETHE_MAX_PAGE),
      installation: {
        diagnose: () => diagnose(doctorSettings(settings, { ring, signer }, datasets), datasets),
        processes: () => readHeartbeats(redis, prefix),
      },
      board: { queues: Object.values(queues.byJob), readOnly: settings.LETHE_BOARD_READ_ONLY },
    });
    opened.push(() => app.close());
    const address = await listen(app, settings);
    return { checks, address, stop };
  } catch (error) {
    await stop(FAILED_START_GRACE_MS);
    throw error;
  }
}

async function listen(app: FastifyInstance, { LETHE_HOST, LETHE_PORT }: SchedulerSettings): Promise<string> {
  try {
    return await app.listen({ host: LETHE_HOST, port: LETHE_PORT });
  } catch (error) {
    throw new ConfigurationError("nothing can listen on LETHE_HOST and LETHE_PORT; the port may be taken", {
      cause: error,
    });
  }
}
