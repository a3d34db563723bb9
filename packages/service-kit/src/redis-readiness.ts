import { RedisUnavailableError } from "@lethe/contracts/errors";
import type { Redis } from "ioredis";
import { findingOf, findingsOf, learnFacts } from "./check-redis.js";
import type { RedisFinding } from "./redis-checks.js";

/** Whether Redis can be used, as asked again and again while a service runs. */
export interface RedisReadiness {
  /** Resolves when Redis can be written; throws RedisUnavailableError, whose code says why not. */
  check(): Promise<void>;
  /** Codes of what was wrong with it when it was last looked at, though it can be written. */
  warnings(): readonly string[];
}

/** Many who ask at once cost as much as one. */
const FRESH_MS = 1_000;

/** Creates the readiness of a connection. `place` is what messages call the server. */
export function createRedisReadiness(redis: Redis, prefix: string, place: string): RedisReadiness {
  let lastError: unknown;
  let findings: Promise<readonly RedisFinding[]> | undefined;
  let freshUntil = 0;
  let warnings: readonly string[] = [];
  redis.on("error", (error) => {
    lastError = error;
  });
  redis.on("ready", () => {
    lastError = undefined;
  });
  async function look(): Promise<readonly RedisFinding[]> {
    // A command would wait for the connection, and so would those after it.
    if (redis.status !== "ready") return [findingOf(lastError ?? new Error("Connection is closed"), place)];
    try {
      return findingsOf(await learnFacts(redis, prefix), place);
    } catch (error) {
      return [findingOf(error, place)];
    }
  }
  return {
    async check() {
      if (findings === undefined || Date.now() > freshUntil) {
        // One that never answers stays the one that all wait for.
        freshUntil = Number.POSITIVE_INFINITY;
        findings = look().finally(() => {
          freshUntil = Date.now() + FRESH_MS;
        });
      }
      const found = await findings;
      warnings = found.filter(({ kind }) => kind === "warning").map(({ code }) => code);
      const worst = found.find(({ kind }) => kind !== "warning");
      if (worst !== undefined) throw new RedisUnavailableError(worst.code, worst.message);
    },
    warnings: () => warnings,
  };
}
