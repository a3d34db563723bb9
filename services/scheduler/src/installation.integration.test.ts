import { startHeartbeat } from "@lethe/service-kit/heartbeat";
import { createApiToken, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
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
    expect((await get("/doctor")).body.askedAt).toBe(answers[0]?.body.askedAt);
    const passwords = [world.pool.options.password, new URL(world.redisUrl).password].filter(
      (text): text is string => typeof text === "string" && text !== "",
    );
    for (const password of passwords) expect(JSON.stringify(answers[0]?.body)).not.toContain(password);
    expect(JSON.stringify(answers[0]?.body)).not.toMatch(/postgres(ql)?:\/\/|redis:\/\//);
  });
});

describe("GET /services", () => {
  it("lists the processes that report themselves, and the services of which none does", async () => {
    const unready = { ready: false, checks: {}, reasons: { folder: "folder_full" }, warnings: [] };
    const self = { service: "loader", schema: "0029_run_transitions" } as const;
    const loader = startHeartbeat(world.redis, world.prefix, self, async () => unready);
    onTestFinished(() => loader.stop());
    await loader.begun;
    const { body } = await get("/services");
    expect(body.services.map(({ name, state }: Record<string, string>) => [name, state])).toEqual([
      ["scheduler", "missing"],
      ["extractor", "missing"],
      ["transformer", "missing"],
      ["loader", "not ready"],
    ]);
    expect(body.services[3].processes).toMatchObject([
      { ...self, version: expect.any(String), pid: process.pid, ready: false, reasons: { folder: "folder_full" } },
    ]);
  });
});

describe("GET /queue-depths", () => {
  it("counts jobs by state, and says for how long the oldest waits and how many workers are connected", async () => {
    const { body: run } = await scheduler.call("POST", "/jobs/customers/runs");
    await expect
      .poll(async () => queueOf(await get("/queue-depths"), "extract"), { timeout: 5_000 })
      .toMatchObject({
        name: "extract",
        jobs: { waiting: 1, prioritized: 0, active: 0, delayed: 0, "waiting-children": 0, failed: 0 },
        oldestWaitingSeconds: expect.any(Number),
        workers: 0,
        isPaused: false,
      });
    expect(queueOf(await get("/queue-depths"), "load")).toMatchObject({ oldestWaitingSeconds: null });
    expect(run.state).toBe("queued");
  });

  const queueOf = ({ body }: { body: { queues: { name: string }[] } }, name: string) =>
    body.queues.find((queue) => queue.name === name);
});

describe("GET /keys", () => {
  it("names the privacy keys and those that sign by their ids, and shows none", async () => {
    await world.pool.query(
      `insert into privacy.checkpoints (number, log_size, head_hash, suppressions, suppressions_digest, decisions,
                                        decisions_digest, previous_hash, created_at, key_id, hash, signature)
       select n, n, '', 0, '', 0, '', '', timestamptz '2026-11-01 00:00Z' + n * interval '1 hour',
              case when n < 3 then 'former' else 'newest' end, n::text, ''
       from generate_series(1, 3) as n`,
    );
    onTestFinished(async () => void (await world.pool.query("delete from privacy.checkpoints")));
    const { body } = await get("/keys");
    expect(body.privacy).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{8}$/), state: "in use", suppressions: 0, since: null },
    ]);
    expect(body.signing).toEqual([
      {
        ...{ id: "newest", checkpoints: 1, isInUse: true },
        ...{ since: "2026-11-01T03:00:00.000Z", until: "2026-11-01T03:00:00.000Z" },
      },
      {
        ...{ id: "former", checkpoints: 2, isInUse: false },
        ...{ since: "2026-11-01T01:00:00.000Z", until: "2026-11-01T02:00:00.000Z" },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain("abab");
  });

  it("says nothing of the privacy keys where the scheduler has none", async () => {
    const other = await world.start();
    expect((await other.call("GET", "/keys")).body.privacy).toBeNull();
    await other.stop();
  });
});

describe("GET /tokens", () => {
  it("lists names and roles, and never a token or its hash", async () => {
    const token = await createApiToken(world.pool, "support-desk", "viewer");
    await createApiToken(world.pool, "former", "operator");
    await revokeApiToken(world.pool, "former");
    const { body } = await get("/tokens");
    expect(body).toEqual({
      tokens: [
        { name: "former", role: "operator", createdAt: expect.any(String), revokedAt: expect.any(String) },
        { name: "support-desk", role: "viewer", createdAt: expect.any(String), revokedAt: null },
      ],
    });
    const shown = await scheduler.call("GET", "/tokens", undefined, { authorization: `Bearer ${token}` });
    expect(shown).toMatchObject({ status: 403, body: { code: "role_required", requiredRole: "admin" } });
  });
});
