import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let scheduler: TestScheduler;
beforeAll(async () => {
  world = await createWorld({ LETHE_SCHEDULES: "off" });
  scheduler = await world.start({ LETHE_PRIVACY_KEY: "ab".repeat(32) });
});
afterAll(() => world.end());

const get = (path: string) => scheduler.call("GET", path);

describe("GET /doctor", () => {
  it("says what the command says, and names the checks that need a setting of another service", async () => {
    const { status, body } = await get("/doctor");
    expect(status).toBe(200);
    const codes: string[] = body.findings.map(({ code }: { code: string }) => code);
    // The servers of the tests are without safety against a crash, and one service of four runs.
    expect(codes).toEqual(expect.arrayContaining(["database_not_durable", "service_missing"]));
    expect(codes).not.toContain("check_unanswered");
    for (const { what, where, remedy } of body.findings) expect([what, where, remedy]).not.toContain("");
    expect(body.made).toEqual(expect.arrayContaining(["PostgreSQL", "Redis", "folders", "schema", "privacy key"]));
    expect(body.leftOut).toEqual([
      { check: "keys", wants: "setting" },
      { check: "policy", wants: "setting" },
    ]);
  });

  it("is made once however many look, and shows no password", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => get("/doctor")));
    expect(new Set(answers.map(({ body }) => body.askedAt)).size).toBe(1);
    const passwords = [world.pool.options.password, new URL(world.redisUrl).password].filter(
      (text): text is string => typeof text === "string" && text !== "",
    );
    for (const password of passwords) expect(JSON.stringify(answers[0]?.body)).not.toContain(password);
    expect(JSON.stringify(answers[0]?.body)).not.toMatch(/postgres(ql)?:\/\/|redis:\/\//);
  });
});
