import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { explainRedisError, isRedisReply, type RedisProblem } from "./redis-errors.js";

/** A command that Redis refused, and with what words. */
export interface RefusedCommand {
  readonly command: string;
  readonly error: string;
}

const KINDS = ["string", "other", "hash", "list", "set", "sorted", "stream"] as const;

/**
 * Every command that BullMQ sends in its scripts, and others that may stand in one, with arguments under which it changes nothing but the probe's
 * own keys; `$` and a kind stands for a key. A test compares the list with BullMQ's sources.
 */
export const PROBED_COMMANDS: readonly string[] = [
  "SET $string 1 PX 60000",
  "GET $string",
  "EXISTS $string",
  "TYPE $string",
  "PTTL $string",
  "INCR $string",
  "INCRBY $string 1",
  "RENAME $string $other",
  "PEXPIRE $other 60000",
  "PEXPIREAT $other 1",
  "PERSIST $other",
  "HSET $hash a 1",
  "HMSET $hash b 1",
  "HGET $hash a",
  "HMGET $hash a",
  "HGETALL $hash",
  "HEXISTS $hash a",
  "HLEN $hash",
  "HINCRBY $hash a 1",
  "HSCAN $hash 0",
  "HDEL $hash b",
  "LPUSH $list 1",
  "RPUSH $list 2 3 4",
  "LLEN $list",
  "LPOS $list 1",
  "LINDEX $list 0",
  "LRANGE $list 0 -1",
  "LSET $list 0 1",
  "LREM $list 0 4",
  "LTRIM $list 0 3",
  "RPOPLPUSH $list $list",
  "LPOP $list",
  "RPOP $list",
  "SADD $set 1",
  "SCARD $set",
  "SISMEMBER $set 1",
  "SMEMBERS $set",
  "SSCAN $set 0",
  "SREM $set 1",
  "ZADD $sorted 1 a 2 b",
  "ZCARD $sorted",
  "ZCOUNT $sorted 0 1",
  "ZLEXCOUNT $sorted - +",
  "ZRANGE $sorted 0 -1",
  "ZRANGEBYLEX $sorted - +",
  "ZRANGEBYSCORE $sorted 0 1",
  "ZREVRANGE $sorted 0 -1",
  "ZREVRANGEBYSCORE $sorted 1 0",
  "ZSCORE $sorted a",
  "ZPOPMIN $sorted",
  "ZREM $sorted a",
  "ZREMRANGEBYRANK $sorted 0 0",
  "ZREMRANGEBYSCORE $sorted 0 1",
  "XADD $stream 1-1 a 1",
  "XLEN $stream",
  "XRANGE $stream - +",
  "XREAD COUNT 1 STREAMS $stream 0",
  "XDEL $stream 1-1",
  "XTRIM $stream MAXLEN 0",
  "TIME",
  "UNLINK $list $set",
  "DEL $string $other $hash $stream $list $set",
  "ZADD $sorted 3 c",
  "PEXPIRE $sorted 60000",
];

/** All of it in one script, as BullMQ works, so that it costs one way to the server and back. */
const SCRIPT = [
  "local refused = {}",
  "local function try(...)",
  "  local answer = redis.pcall(...)",
  "  if type(answer) == 'table' and answer.err then refused[#refused + 1] = {(...), answer.err} end",
  "end",
  ...PROBED_COMMANDS.map((words) => `try(${words.split(" ").map(toLua).join(", ")})`),
  "return refused",
].join("\n");

function toLua(word: string): string {
  const kind = KINDS.findIndex((each) => word === `$${each}`);
  return kind === -1 ? `'${word}'` : `KEYS[${kind + 1}]`;
}

/**
 * Tries under the queues' prefix every command that queues need. Leaves nothing there. Returns those that Redis refuses;
 * throws what it says when it takes no commands at all.
 */
export async function probeRedis(redis: Redis, prefix: string): Promise<RefusedCommand[]> {
  const keys = KINDS.map((kind) => `${prefix}:probe:${randomUUID()}:${kind}`);
  const keyOf = (kind: (typeof KINDS)[number]) => keys[KINDS.indexOf(kind)] ?? "";
  // In this order on one connection: the script leaves what BZPOPMIN takes, so that it does not wait.
  const answers = await Promise.all([
    refusedBy("EVAL", redis.eval(SCRIPT, keys.length, ...keys)),
    refusedBy("BZPOPMIN", redis.bzpopmin(keyOf("sorted"), WAIT_SECONDS)),
    refusedBy("EVALSHA", redis.evalsha(NO_SCRIPT, 0)),
    refusedBy("MULTI", redis.multi().exists(keyOf("string")).exec()),
  ]);
  return answers.flat();
}

const WAIT_SECONDS = 0.01;
const NO_SCRIPT = "0".repeat(40);

/** Refusals that `REDIS_CHECKS` judge, with all else that is known of the server. */
const JUDGED: readonly RedisProblem[] = [
  "redis_forbidden",
  "redis_read_only",
  "redis_out_of_memory",
  "redis_cannot_save",
  "redis_lacks_replicas",
  "redis_cluster",
];

/** Returns a command's refusal, if it is one, or those that its script tells of. Throws what is no matter of this command. */
async function refusedBy(command: string, sent: Promise<unknown>): Promise<RefusedCommand[]> {
  try {
    const answer = await sent;
    if (command !== "EVAL" || !Array.isArray(answer)) return [];
    return answer.flatMap((each: unknown) =>
      Array.isArray(each) ? [{ command: String(each[0]), error: String(each[1]) }] : [],
    );
  } catch (error) {
    if (!isRedisReply(error)) throw error;
    const [first] = earlierErrors(error);
    if (first !== undefined) return refusedBy(command, Promise.reject(first));
    if (/^(NOSCRIPT|EXECABORT)/.test(error.message)) return [];
    const code = explainRedisError(error)?.code;
    const isJudged = code === undefined ? /unknown command/i.test(error.message) : JUDGED.includes(code);
    if (isJudged || command === "BZPOPMIN") return [{ command, error: error.message }];
    throw error;
  }
}

/** Returns the errors of the commands of a transaction, without which it could not be carried out. */
function earlierErrors(error: Error): unknown[] {
  return "previousErrors" in error && Array.isArray(error.previousErrors) ? error.previousErrors : [];
}
