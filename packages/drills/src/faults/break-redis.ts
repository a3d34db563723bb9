import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/sample-data/random";
import { tellRedis } from "../cluster/tell-redis.js";
import type { Fault } from "../fault.js";

/** Kills the server and starts it again on the data that it had written. */
export const restartRedis: Fault = {
  name: "Redis killed, started again",
  async inject({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.redis.kill();
    await setTimeout(below(random, 1_500));
    await cluster.servers.redis.start();
  },
};

/** Kills the server and starts it again without its data. */
export const emptyRedis: Fault = {
  name: "Redis comes back empty",
  async inject({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.redis.kill();
    await cluster.servers.emptyRedis();
    await setTimeout(below(random, 1_500));
    await cluster.servers.redis.start();
  },
};

/** Deletes every key while services are at work. */
export const flushRedis: Fault = {
  name: "FLUSHALL",
  async inject({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    await tellRedis(cluster, (redis) => redis.flushall());
  },
};

/** Lets the server run out of memory with a policy that evicts random keys. */
export const evictRedis: Fault = {
  name: "Redis evicts keys",
  async inject({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    await tellRedis(cluster, async (redis) => {
      const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
      await redis.config("SET", "maxmemory-policy", "allkeys-random");
      await redis.config("SET", "maxmemory", Math.round(used * 0.95));
      await setTimeout(1_000);
      await redis.config("SET", "maxmemory", 0);
      await redis.config("SET", "maxmemory-policy", "noeviction");
    });
  },
};

/** Refuses connections to the server for a while. */
export const cutRedis: Fault = {
  name: "Redis unreachable: refused",
  async inject({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.redis.proxy.cut();
    await setTimeout(outageMs);
    await cluster.servers.redis.proxy.restore();
  },
};

/** Swallows what is sent, as a network does that has forgotten its connections. */
export const halfOpenRedis: Fault = {
  name: "Redis unreachable: half open",
  async inject({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    cluster.servers.redis.proxy.halfOpen();
    await setTimeout(outageMs);
    // New connections work again. On the old ones nothing is ever answered, and neither end is told.
    await cluster.servers.redis.proxy.restore({ keepDeaf: true });
  },
  async conclude({ cluster }) {
    await cluster.servers.redis.proxy.restore();
    return [];
  },
};

/** Delays every message to and from the server. */
export const slowRedis: Fault = {
  name: "Redis slow: 200 ms a way",
  async inject({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    cluster.servers.redis.proxy.slow(200);
    await setTimeout(outageMs);
    await cluster.servers.redis.proxy.restore();
  },
};
