import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type ServiceProcess, ServiceProcessSchema } from "@lethe/contracts/service-processes";
import type { ServiceName } from "@lethe/contracts/services";
import { VERSION } from "@lethe/contracts/version";
import type { Redis } from "ioredis";
import { Compile } from "typebox/compile";
import type { Readiness } from "./health-server.js";
import { withTimeout } from "./with-timeout.js";

const BEAT_MS = 10_000;
/** A process that has not been heard of for so long is gone. */
const GONE_MS = 30_000;
const STOP_MS = 500;

/** A process that reports itself in Redis every ten seconds. */
export interface Heartbeat {
  /** Resolves when the first report is in Redis. */
  readonly begun: Promise<void>;
  /** Takes the report back; a Redis that does not answer is not waited for. */
  stop(): Promise<void>;
}

/** Begins to report this process under the queues' prefix, as the service `service` that knows the schema up to `schema`. */
export function startHeartbeat(
  redis: Redis,
  prefix: string,
  { service, schema }: { readonly service: ServiceName; readonly schema: string },
  look: () => Promise<Readiness>,
): Heartbeat {
  const { index, processKey } = keysOf(prefix);
  const id = randomUUID();
  const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString();
  let isStopped = false;

  async function beat(): Promise<void> {
    const { ready, reasons } = await look();
    const seenAt = new Date();
    const self: ServiceProcess = {
      ...{ service, version: VERSION, schema, host: hostname(), pid: process.pid, startedAt },
      ...{ seenAt: seenAt.toISOString(), ready, reasons },
    };
    if (isStopped) return;
    await redis
      .multi()
      .set(processKey(id), JSON.stringify(self), "PX", GONE_MS)
      .zadd(index, seenAt.getTime(), id)
      .zremrangebyscore(index, 0, seenAt.getTime() - GONE_MS)
      .pexpire(index, GONE_MS)
      .exec();
  }

  // While Redis does not answer, one report waits for it, and no more.
  let beating: Promise<void> | undefined;
  function beatOnce(): Promise<void> {
    beating ??= beat()
      .catch(() => undefined)
      .finally(() => {
        beating = undefined;
      });
    return beating;
  }
  const begun = beatOnce();
  const timer = setInterval(beatOnce, BEAT_MS).unref();
  return {
    begun,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      const gone = Promise.resolve(beating).then(() => redis.multi().del(processKey(id)).zrem(index, id).exec());
      await withTimeout(gone, STOP_MS, () => undefined).catch(() => undefined);
    },
  };
}

const serviceProcess = Compile(ServiceProcessSchema);

/** Returns the processes that have reported themselves under a prefix within the last half minute, by service and start. */
export async function readHeartbeats(redis: Redis, prefix: string): Promise<ServiceProcess[]> {
  const { index, processKey } = keysOf(prefix);
  const ids = await redis.zrange(index, "0", String(MOST - 1));
  const texts = await Promise.all(ids.map((id) => redis.get(processKey(id))));
  return texts
    .flatMap((text) => (text === null ? [] : [parse(text)]))
    .filter((found) => serviceProcess.Check(found))
    .toSorted((a, b) => a.service.localeCompare(b.service) || a.startedAt.localeCompare(b.startedAt));
}

/** More processes than that are no list to look at. */
const MOST = 1_000;

function keysOf(prefix: string) {
  return { index: `${prefix}:heartbeats`, processKey: (id: string) => `${prefix}:heartbeat:${id}` };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
