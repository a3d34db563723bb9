import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { readRedisAddress } from "./redis-address.js";

const optionsOf = (url: string) => readRedisAddress({ url }).options;

describe("readRedisAddress", () => {
  it.each([
    ["redis://cache", { host: "cache", port: 6379 }],
    ["redis://cache:6380/", { host: "cache", port: 6380 }],
    ["redis://cache/3", { host: "cache", port: 6379, db: 3 }],
    ["redis://cache?db=4&family=6", { host: "cache", port: 6379, db: 4, family: 6 }],
    ["redis://:s%40%2Fcret@cache", { host: "cache", port: 6379, password: "s@/cret" }],
    ["redis://me:secret@cache", { host: "cache", port: 6379, username: "me", password: "secret" }],
    ["rediss://cache:6380", { host: "cache", port: 6380, tls: {} }],
    ["redis://[2001:db8::1]:7000/1", { host: "2001:db8::1", port: 7000, db: 1 }],
    ["REDIS://Cache", { host: "Cache", port: 6379 }],
    ["unix:///run/my%20redis.sock", { path: "/run/my redis.sock" }],
    ["unix://me:pw@/run/redis.sock?db=2", { path: "/run/redis.sock", username: "me", password: "pw", db: 2 }],
  ])("reads %s", (url, options) => {
    expect(optionsOf(url)).toEqual(options);
  });

  it("names the place without its secrets", () => {
    expect(readRedisAddress({ url: "redis://me:secret@cache:6380/2" }).place).toBe("cache:6380");
    expect(readRedisAddress({ url: "redis://:secret@[::1]" }).place).toBe("[::1]:6379");
    expect(readRedisAddress({ url: "unix://:secret@/run/r.sock" }).place).toBe("/run/r.sock");
  });

  it.each([
    ["localhost:6379", "is not of the form redis://"],
    ["http://:secret@cache", "is not of the form redis://"],
    ["redis://", "names no host"],
    ["redis://:secret@cache:70000", "is not of the form redis://"],
    ["redis://:secret@cache:0", "port from 1 to 65535"],
    ["redis://:secret@cache/first", "the number of a database"],
    ["redis://:secret@cache/-1", "the number of a database"],
    ["redis://:secret@cache/1/2", "the number of a database"],
    ["redis://cache?password=secret", "a parameter behind `?`"],
    ["redis://:sec%ret@cache", "a % that starts no escape"],
    ["redis+sentinel://:secret@a,b/master", "names a Sentinel"],
    ["redis-sentinel://:secret@a", "names a Sentinel"],
  ])("refuses %s in a sentence that shows no secret", (url, sentence) => {
    const read = () => readRedisAddress({ url });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(sentence);
    expect(read).toThrow("REDIS_URL");
    expect(read).not.toThrow("secret");
  });

  it("takes certificates for TLS alone, and a key with its certificate alone", () => {
    expect(readRedisAddress({ url: "rediss://cache", ca: "a" }).options.tls).toEqual({ ca: "a" });
    expect(() => readRedisAddress({ url: "redis://cache", ca: "a" })).toThrow("rediss://");
    expect(() => readRedisAddress({ url: "rediss://cache", key: "a" })).toThrow("belong together");
  });
});
