import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/sample-data/random";
import { tellRedis } from "../cluster/tell-redis.js";
import type { Fault } from "../fault.js";

export const restartRedis: Fault = {
  name: "Redis killed, started again",
  async fault({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.redis.kill();
    await setTimeout(below(random, 1_500));
    await cluster.servers.redis.start();
  },
};

export const emptyRedis: Fault = {
  name: "Redis comes back empty",
  async fault({ cluster, random, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.redis.kill();
    await cluster.servers.emptyRedis();
    await setTimeout(below(random, 1_500));
    await cluster.servers.redis.start();
  },
};

export const flushRedis: Fault = {
  name: "FLUSHALL",
  async fault({ cluster, untilInjectionPoint }) {
    await untilInjectionPoint();
    await tellRedis(cluster, (redis) => redis.flushall());
  },
};

export const evictRedis: Fault = {
  name: "Redis evicts keys",
  async fault({ cluster, untilInjectionPoint }) {
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

export const cutRedis: Fault = {
  name: "Redis unreachable: refused",
  async fault({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    await cluster.servers.redis.proxy.cut();
    await setTimeout(outageMs);
    await cluster.servers.redis.proxy.restore();
  },
};

export const halfOpenRedis: Fault = {
  name: "Redis unreachable: half open",
  async fault({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    cluster.servers.redis.proxy.halfOpen();
    await setTimeout(outageMs);
    // New connections work again; on the old ones nothing will ever be answered, and nobody says so.
    await cluster.servers.redis.proxy.restore({ keepDeaf: true });
  },
  async conclude({ cluster }) {
    await cluster.servers.redis.proxy.restore();
    return [];
  },
};

export const slowRedis: Fault = {
  name: "Redis slow: 200 ms a way",
  async fault({ cluster, outageMs, untilInjectionPoint }) {
    await untilInjectionPoint();
    cluster.servers.redis.proxy.slow(200);
    await setTimeout(outageMs);
    await cluster.servers.redis.proxy.restore();
  },
};
