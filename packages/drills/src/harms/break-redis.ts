import { setTimeout } from "node:timers/promises";
import { below } from "@lethe/cli/generate/random";
import type { Harm } from "../harm.js";
import { tellRedis } from "../site/tell-redis.js";

export const restartRedis: Harm = {
  name: "Redis killed, started again",
  async harm({ site, random, untilSomeMoment }) {
    await untilSomeMoment();
    await site.servers.redis.kill();
    await setTimeout(below(random, 1_500));
    await site.servers.redis.start();
  },
};

export const emptyRedis: Harm = {
  name: "Redis comes back empty",
  async harm({ site, random, untilSomeMoment }) {
    await untilSomeMoment();
    await site.servers.redis.kill();
    await site.servers.emptyRedis();
    await setTimeout(below(random, 1_500));
    await site.servers.redis.start();
  },
};

export const flushRedis: Harm = {
  name: "FLUSHALL",
  async harm({ site, untilSomeMoment }) {
    await untilSomeMoment();
    await tellRedis(site, (redis) => redis.flushall());
  },
};

export const evictRedis: Harm = {
  name: "Redis evicts keys",
  async harm({ site, untilSomeMoment }) {
    await untilSomeMoment();
    await tellRedis(site, async (redis) => {
      const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
      await redis.config("SET", "maxmemory-policy", "allkeys-random");
      await redis.config("SET", "maxmemory", Math.round(used * 0.95));
      await setTimeout(1_000);
      await redis.config("SET", "maxmemory", 0);
      await redis.config("SET", "maxmemory-policy", "noeviction");
    });
  },
};

export const cutRedis: Harm = {
  name: "Redis unreachable: refused",
  async harm({ site, outageMs, untilSomeMoment }) {
    await untilSomeMoment();
    await site.servers.redis.proxy.cut();
    await setTimeout(outageMs);
    await site.servers.redis.proxy.restore();
  },
};

export const halfOpenRedis: Harm = {
  name: "Redis unreachable: half open",
  async harm({ site, outageMs, untilSomeMoment }) {
    await untilSomeMoment();
    site.servers.redis.proxy.halfOpen();
    await setTimeout(outageMs);
    // New connections work again; on the old ones nothing will ever be answered, and nobody says so.
    await site.servers.redis.proxy.restore({ keepDeaf: true });
  },
  async conclude({ site }) {
    await site.servers.redis.proxy.restore();
    return [];
  },
};

export const slowRedis: Harm = {
  name: "Redis slow: 200 ms a way",
  async harm({ site, outageMs, untilSomeMoment }) {
    await untilSomeMoment();
    site.servers.redis.proxy.slow(200);
    await setTimeout(outageMs);
    await site.servers.redis.proxy.restore();
  },
};
