import { expect, it } from "vitest";
import { explainRedisError } from "./redis-errors.js";

it.each([
  ["READONLY You can't write against a read only replica. script: f7c5, on @user_script:1.", "redis_read_only"],
  ["OOM command not allowed when used memory > 'maxmemory'.", "redis_out_of_memory"],
  ["LOADING Redis is loading the dataset in memory", "redis_loading"],
  ["LOADING Valkey is loading the dataset in memory", "redis_loading"],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "redis_read_only"],
  ["BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "redis_busy"],
  ["ERR max number of clients reached", "redis_full_of_clients"],
  [
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "redis_cannot_save",
  ],
  ["NOREPLICAS Not enough good replicas to write.", "redis_lacks_replicas"],
  ["MOVED 3999 127.0.0.1:6381", "redis_cluster"],
  ["CROSSSLOT Keys in request don't hash to the same slot", "redis_cluster"],
  ["ERR SELECT is not allowed in cluster mode", "redis_cluster"],
  ["NOAUTH Authentication required.", "redis_password_missing"],
  ["WRONGPASS invalid username-password pair or user is disabled.", "redis_password_wrong"],
  ["ERR invalid password", "redis_password_wrong"],
  ["DENIED Redis is running in protected mode because protected mode is enabled", "redis_protected"],
  ["NOPERM this user has no permissions to run the 'xadd' command", "redis_forbidden"],
  ["NOPERM User few has no permissions to access one of the keys used as arguments", "redis_forbidden"],
  ["ERR The user executing the script can't run this command or subcommand", "redis_forbidden"],
  ["ERR DB index is out of range", "redis_no_database"],
  ["ERR invalid DB index", "redis_no_database"],
  ["connect ECONNREFUSED 127.0.0.1:6379", "redis_unreachable"],
  ["getaddrinfo ENOTFOUND cache", "redis_unreachable"],
])("explains %s", (message, code) => {
  expect(explainRedisError(new Error(message))?.code).toBe(code);
});

it("explains an error by its code, and those that it stands for", () => {
  const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  expect(explainRedisError(new AggregateError([refused]))?.code).toBe("redis_unreachable");
  const transaction = Object.assign(new Error("EXECABORT Transaction discarded because of previous errors."), {
    previousErrors: [new Error("OOM command not allowed when used memory > 'maxmemory'.")],
  });
  expect(explainRedisError(transaction)?.code).toBe("redis_out_of_memory");
  const untrusted = Object.assign(new Error("bad"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(explainRedisError(untrusted)?.code).toBe("redis_not_trusted");
});

it("explains the error of a lost connection, which ioredis lists among its own previous errors", () => {
  const lost: Error & { previousErrors?: Error[] } = new Error("Connection is closed.");
  lost.previousErrors = [lost];
  expect(explainRedisError(lost)?.code).toBe("redis_unreachable");
});

it("knows nothing of other errors, and shows nothing of any", () => {
  expect(explainRedisError(new TypeError("x is not a function"))).toBeUndefined();
  expect(explainRedisError(new Error("ERR wrong number of arguments"))).toBeUndefined();
  expect(explainRedisError(new Error("NOPERM a-secret"))?.message).not.toContain("a-secret");
});
