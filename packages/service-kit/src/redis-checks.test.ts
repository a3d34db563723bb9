import { describe, expect, it } from "vitest";
import { REDIS_CHECKS } from "./redis-checks.js";

function find(info: Record<string, string>, error?: string) {
  const refused = error === undefined ? [] : [{ command: "SET", error }];
  const facts = { info: new Map(Object.entries(info)), refused, snapshots: "", prefix: "lethe" };
  return REDIS_CHECKS.map((check) => check.find(facts)).filter((finding) => finding !== undefined);
}

describe("REDIS_CHECKS", () => {
  it.each([
    [{ redis_version: "5.0.14" }, false],
    [{ redis_version: "6.0.16" }, false],
    [{ redis_version: "6.2.0" }, true],
    [{ redis_version: "10.0.0" }, true],
    // Valkey names the version of Redis that it stems from, too.
    [{ redis_version: "7.2.4", valkey_version: "8.1.1", server_name: "valkey" }, true],
    [{}, true],
  ])("tells whether %j is recent enough", (info, isRecent) => {
    expect(find(info as Record<string, string>).map(({ code }) => code)).toEqual(isRecent ? [] : ["redis_too_old"]);
  });

  it("names what a server refuses for reasons that nobody knows", () => {
    expect(find({}, "ERR unknown command 'SET'")).toMatchObject([
      { code: "redis_forbidden", kind: "refused", message: expect.stringContaining("the command SET,") },
    ]);
  });

  it("shows nothing of what a server says that looks like neither a name nor a number", () => {
    const [finding] = find({ maxmemory_policy: "\u001b[31m evil" });
    expect(finding?.message).toContain("maxmemory-policy ?,");
  });
});
