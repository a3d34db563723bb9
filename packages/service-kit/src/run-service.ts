import { ConfigurationError, LetheError } from "@lethe/contracts/errors";
import type { ServiceName } from "@lethe/contracts/services";
import type { Redis } from "ioredis";
import type { Static, TObject } from "typebox";
import { checkRedis } from "./check-redis.js";
import {
  checkReadiness,
  createReadiness,
  type HealthAddress,
  type ReadinessChecks,
  startHealthServer,
} from "./health-server.js";
import { startHeartbeat } from "./heartbeat.js";
import { handleUnexpected } from "./last-resort.js";
import { createLogger, endLog, type Logger } from "./logger.js";
import { createMetrics, type JobMetrics } from "./metrics.js";
import { connectRedis } from "./redis.js";
import { type RedisAccess, readRedisAddress, redisAccess } from "./redis-address.js";
import { createRedisReadiness, type RedisReadiness } from "./redis-readiness.js";
import { safeError } from "./safe-error.js";
import { type CommonSettings, type Environment, processEnvironment, readSettings } from "./settings.js";
import { startTracing } from "./tracing.js";
import { withTimeout } from "./with-timeout.js";
import type { WorkerContext } from "./worker.js";

export interface ServiceContext extends WorkerContext {
  readonly redis: Redis;
  /** Whether Redis can be written: for `/readyz`. */
  readonly redisReadiness: RedisReadiness;
  readonly log: Logger;
  readonly metrics: JobMetrics;
  /** Has the service stop in order, with the error in its log and exit code 1, since it can do nothing any more. */
  readonly fail: (error: LetheError) => void;
}

/**
 * What every service needs besides Redis, each as a check that throws an error whose code is the reason. A service that leaves one out
 * does not compile.
 */
export interface ServiceChecks {
  /** PostgreSQL gives it a connection and takes writes. */
  readonly database: () => Promise<unknown>;
  /** Its role may do in the database what the service does there. */
  readonly rights: () => Promise<unknown>;
  /** The data folder is the installation's, and each area that the service writes has room and can be written. */
  readonly folder: () => Promise<unknown>;
}

export interface RunningService {
  readonly checks: ServiceChecks;
  /** The URL of the service, if it has one. The parent process is told of it. */
  readonly address?: string;
  /** Ends the work in progress and closes what the service opened, within `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface ServiceDefinition<S extends TObject> {
  readonly name: ServiceName;
  readonly settings: S;
  /** Name of the newest step of the database's schema that it knows. */
  readonly schema: string;
  /** Names of fields about people, which no log line may show. */
  readonly personalNames: readonly string[];
  start(settings: Static<S> & CommonSettings, context: ServiceContext): Promise<RunningService>;
}

/** The message that a service sends to the process that started it, over Node's channel between parent and child. */
export interface ReadyMessage {
  readonly ready: true;
  readonly address: string | null;
}

// Ten seconds together: for the service's stop, for a stop that takes longer, and for connections that are still open.
const GRACE_MS = 8_500;
const HANGING_MS = 500;
const LAST_MS = 500;

/**
 * Runs a service until SIGTERM, SIGINT, SIGHUP or the end of the parent process, and then stops it within ten seconds. Reads the
 * settings and starts logger, Redis connection, service and health server, in this order. An error that nothing handles stops
 * it, too. Sets the exit code: 0 after a stop, 1 when the service could not start or go on, or its stop failed,
 * `UNEXPECTED_EXIT` after an error that nothing handled.
 */
export async function runService<S extends TObject>(
  definition: ServiceDefinition<S>,
  environment: Environment = processEnvironment(),
): Promise<void> {
  // First, so that a signal that arrives during the start is not lost.
  const stopRequest = waitForStopRequest();
  const unexpected = new Promise<string>((resolve) => {
    const log = createLogger(definition.name, "fatal", definition.personalNames);
    handleUnexpected(log, GRACE_MS + HANGING_MS + LAST_MS, () => resolve("an error that nothing handles"));
  });
  try {
    const settings = readSettings<S>(definition.settings, environment) as Static<S> & CommonSettings;
    const log = createLogger(definition.name, settings.LETHE_LOG_LEVEL, definition.personalNames);
    try {
      const requested = Promise.race([stopRequest.requested, unexpected]);
      await runWith<S>(definition, settings, log, { ...stopRequest, requested });
    } finally {
      endLog(log);
    }
  } catch (error) {
    const { code, message, frames } = safeError(error);
    process.stderr.write(`${definition.name} cannot go on: ${message} (${code})\n`);
    if (code === "unexpected") process.stderr.write(`${frames.join("\n")}\n`);
    process.exitCode ??= 1;
  } finally {
    if (process.connected) process.disconnect();
    // A connection that waits for a lost Redis would keep the process alive.
    setTimeout(() => process.exit(), LAST_MS).unref();
  }
}

async function runWith<S extends TObject>(
  definition: ServiceDefinition<S>,
  settings: Static<S> & CommonSettings,
  log: Logger,
  { requested: stopRequest, fail }: StopRequest,
): Promise<void> {
  const metrics = createMetrics(definition.name);
  const access = redisAccess(settings);
  const { mayAskInfo } = await lookAtRedis(access, settings.LETHE_QUEUE_PREFIX, log);
  const redis = connectRedis(access, { mayAskInfo });
  const endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = endpoint === undefined ? undefined : await startTracing(definition.name, endpoint, log);
  const redisReadiness = createRedisReadiness(redis, settings.LETHE_QUEUE_PREFIX, readRedisAddress(access).place);
  try {
    const service = await definition.start(settings, {
      redis,
      redisReadiness,
      prefix: settings.LETHE_QUEUE_PREFIX,
      lockMs: settings.LETHE_LOCK_SECONDS * 1_000,
      log,
      metrics,
      telemetry: tracing?.telemetry,
      fail,
    });
    const checks = readinessChecks(service.checks, redisReadiness);
    const health =
      settings.LETHE_HEALTH_PORT === 0
        ? undefined
        : await startHealthServer(healthAddress(settings), checks, redisReadiness.warnings, metrics.registry);
    const { ready, reasons } = await checkReadiness(checks);
    // Not `address`, which the logger redacts as a person's.
    log.info({ ready, ...(!ready && { reasons }), url: service.address }, "started");
    // The folder is probed by writing into it, which is for those who ask for readiness and not for every ten seconds.
    const { folder: _probe, ...watched } = checks;
    const heartbeat = startHeartbeat(
      redis,
      settings.LETHE_QUEUE_PREFIX,
      { service: definition.name, schema: definition.schema },
      createReadiness(watched, redisReadiness.warnings),
    );
    // A parent that is gone by now is noticed by the end of its channel.
    process.send?.({ ready: true, address: service.address ?? null } satisfies ReadyMessage, () => undefined);
    const reason = await stopRequest;
    if (reason instanceof LetheError) {
      log.error({ err: reason }, "cannot go on; stopping");
      process.exitCode ??= 1;
    } else {
      log.info({ reason }, "stopping");
    }
    const isTakenBack = heartbeat.stop();
    // The stop may wait for a database or a Redis that no longer answers.
    const stopped = service.stop(GRACE_MS).then(() => true);
    const isStopped = await withTimeout(stopped, GRACE_MS + HANGING_MS, () => false);
    health?.close();
    await isTakenBack;
    if (isStopped) log.info("stopped");
    else log.warn("ended before everything was closed");
  } finally {
    await tracing?.stop();
    redis.disconnect();
  }
}

/** Returns where a service serves its health. */
export function healthAddress(settings: CommonSettings): HealthAddress {
  return { host: settings.LETHE_HEALTH_HOST, port: settings.LETHE_HEALTH_PORT, token: settings.LETHE_METRICS_TOKEN };
}

/** Returns everything that `/readyz` of a service checks. */
export function readinessChecks({ database, rights, folder }: ServiceChecks, redis: RedisReadiness): ReadinessChecks {
  return { database, rights, folder, redis: redis.check };
}

/**
 * Names in the log what is wrong with Redis, and which server it is. What passes is waited for, as a lost connection is.
 * Throws ConfigurationError for a Redis that is set up in a way that queues cannot work with.
 */
async function lookAtRedis(
  access: RedisAccess,
  prefix: string,
  log: Logger,
): Promise<{ readonly mayAskInfo: boolean }> {
  const { findings, server, mayAskInfo } = await checkRedis(access, prefix);
  for (const { kind, code, message } of findings) {
    if (kind === "refused") throw new ConfigurationError(message);
    if (kind === "waits") log.error({ code }, `${message}. Until then the service waits`);
    else log.warn({ code }, message);
  }
  if (server !== undefined) log.info({ server }, "queues lie in Redis");
  return { mayAskInfo };
}

interface StopRequest {
  /** Resolves with the first reason to stop. */
  readonly requested: Promise<string | LetheError>;
  readonly fail: (error: LetheError) => void;
}

function waitForStopRequest(): StopRequest {
  let fail: (error: LetheError) => void = () => undefined;
  const requested = new Promise<string | LetheError>((resolve) => {
    fail = resolve;
    process.on("SIGTERM", () => resolve("SIGTERM"));
    process.on("SIGINT", () => resolve("SIGINT"));
    process.on("SIGHUP", () => resolve("SIGHUP"));
    process.on("disconnect", () => resolve("parent gone"));
    // It was, before anything could listen.
    if (process.send !== undefined && !process.connected) resolve("parent gone");
  });
  return { requested, fail };
}
