import { explainRedisError, type RedisProblem } from "./redis-errors.js";
import type { RefusedCommand } from "./redis-probe.js";

/** What was learnt of a Redis that answers. */
export interface RedisFacts {
  /** What its INFO says, by field; undefined where its user may not ask, as is usual with hosted servers. */
  readonly info: ReadonlyMap<string, string> | undefined;
  /** Its setting `save`, the points of time for snapshots; undefined where its user may not ask. */
  readonly snapshots: string | undefined;
  /** The commands that it refused under the queues' prefix. */
  readonly refused: readonly RefusedCommand[];
  readonly prefix: string;
}

/** What a check has found. `message` is the end of a sentence that starts with the server. */
export interface RedisFinding {
  readonly code: RedisProblem | RedisWarning;
  /**
   * - `refused`: Lethe cannot work with it as it is set up;
   * - `waits`: it cannot be written at the moment, and Lethe goes on when it can;
   * - `warning`: Lethe works with it, and somebody should know.
   */
  readonly kind: "refused" | "waits" | "warning";
  readonly message: string;
}

export type RedisWarning = "redis_evicts" | "redis_forgets" | "redis_nearly_full";

export interface RedisCheck {
  readonly name: string;
  /** What is asked, for a page or a table of checks. */
  readonly question: string;
  find(facts: RedisFacts): RedisFinding | undefined;
}

/** The first version with all commands that BullMQ sends. */
const OLDEST = [6, 2] as const;

/** What is asked of a Redis that answers, one by one. */
export const REDIS_CHECKS: readonly RedisCheck[] = [
  {
    name: "version",
    question: "Is Redis recent enough?",
    find({ info }) {
      const version = info?.get("valkey_version") ?? info?.get("redis_version");
      const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
      if (version === undefined || major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
      return {
        code: "redis_too_old",
        kind: "refused",
        message: `is of version ${printable(version)}, and queues need ${OLDEST.join(".")} or newer: install a newer Redis, or Valkey`,
      };
    },
  },
  {
    name: "cluster",
    question: "Is it one server, not a cluster?",
    find: ({ info, refused }) =>
      info?.get("cluster_enabled") === "1" ? explained("CLUSTERDOWN") : refusedBy(refused, "redis_cluster"),
  },
  {
    name: "master",
    question: "Does it take writes?",
    find({ info, refused }) {
      const isReplica = info?.get("role") === "slave";
      const found = refusedBy(refused, "redis_read_only") ?? refusedBy(refused, "redis_lacks_replicas");
      if (!isReplica || found?.code !== "redis_read_only") return found;
      const master = `${info?.get("master_host") ?? "?"}:${info?.get("master_port") ?? "?"}`;
      return {
        ...found,
        message: `is a replica of ${printable(master)} that takes no writes (role:slave): name the master in REDIS_URL, or make this server one (REPLICAOF NO ONE)`,
      };
    },
  },
  {
    name: "memory",
    question: "Has it room?",
    find({ info, refused }) {
      const found = refusedBy(refused, "redis_out_of_memory");
      const used = Number(info?.get("used_memory"));
      const limit = Number(info?.get("maxmemory"));
      if (found !== undefined) {
        if (!(limit > 0)) return found;
        return {
          ...found,
          message: `has reached its maxmemory (${used} of ${limit} bytes are used) and refuses writes: raise maxmemory, or free memory`,
        };
      }
      if (!(limit > 0) || used < limit * NEARLY_FULL || evicts(info)) return undefined;
      return {
        code: "redis_nearly_full",
        kind: "warning",
        message: `uses ${used} of the ${limit} bytes of its maxmemory: at the limit it refuses writes; raise it`,
      };
    },
  },
  {
    name: "disk",
    question: "Can it save what it is given?",
    find: ({ refused }) => refusedBy(refused, "redis_cannot_save"),
  },
  {
    name: "rights",
    question: "May its user do what queues need?",
    find({ refused, prefix }) {
      const commands = refused.filter(({ error }) => explainRedisError(error)?.code === "redis_forbidden");
      const keys = commands.filter(({ error }) => /\bkeys?\b/i.test(error));
      if (commands.length === 0) return undefined;
      const what =
        keys.length === 0
          ? `the ${commands.length === 1 ? "command" : "commands"} ${listOf(commands)}, which queues need`
          : `the keys ${prefix}:*`;
      return {
        code: "redis_forbidden",
        kind: "refused",
        message: `does not allow its user ${what}: give the user rights, by \`ACL SETUSER <user> ~${prefix}:* +@all -@admin -@dangerous +info +client|list\``,
      };
    },
  },
  {
    name: "other refusals",
    question: "Does it take every command that queues send?",
    find({ refused }) {
      const others = refused.filter(
        ({ error }) => explainRedisError(error) === undefined && !FOLLOWS_FROM_ANOTHER.test(error),
      );
      if (others.length === 0) return undefined;
      return {
        code: "redis_forbidden",
        kind: "refused",
        message: `does not take the ${others.length === 1 ? "command" : "commands"} ${listOf(others)}, which queues need: see whether it was renamed or switched off on the server`,
      };
    },
  },
  {
    name: "eviction",
    question: "Does it keep every key?",
    find({ info }) {
      const policy = info?.get("maxmemory_policy");
      if (policy === undefined || policy === "noeviction") return undefined;
      return {
        code: "redis_evicts",
        kind: "warning",
        message: `has the maxmemory-policy ${printable(policy)}, under which it throws queued work away when its memory is full (the ledger then enqueues it again, later): set \`maxmemory-policy noeviction\``,
      };
    },
  },
  {
    name: "persistence",
    question: "Does it keep its keys over a restart?",
    find({ info, snapshots }) {
      if (info?.get("aof_enabled") !== "0" || snapshots !== "") return undefined;
      return {
        code: "redis_forgets",
        kind: "warning",
        message:
          "writes nothing to disk and forgets queued work when it restarts (the ledger then enqueues it again, within a minute): set `appendonly yes`",
      };
    },
  },
];

const NEARLY_FULL = 0.9;

/** What a command of the probe answers when one before it was refused. */
const FOLLOWS_FROM_ANOTHER = /no such key/;

function evicts(info: RedisFacts["info"]): boolean {
  return (info?.get("maxmemory_policy") ?? "noeviction") !== "noeviction";
}

function refusedBy(refused: readonly RefusedCommand[], code: RedisProblem): RedisFinding | undefined {
  const found = refused.find(({ error }) => explainRedisError(error)?.code === code);
  return found === undefined ? undefined : explained(found.error);
}

function explained(error: string): RedisFinding | undefined {
  const explanation = explainRedisError(error);
  if (explanation === undefined) return undefined;
  const { code, passes, message } = explanation;
  return { code, kind: passes ? "waits" : "refused", message };
}

const MOST_NAMED = 8;

function listOf(commands: readonly RefusedCommand[]): string {
  const names = [...new Set(commands.map(({ command }) => command.toUpperCase()))];
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** What a server says of itself goes into messages; only what looks like a name or a number does so as it is. */
function printable(text: string): string {
  return /^[\w.:[\]-]{1,100}$/.test(text) ? text : "?";
}
