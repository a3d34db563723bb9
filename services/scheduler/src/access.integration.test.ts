import { ConfigurationError } from "@lethe/contracts/errors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

const TOKEN = "a-token-of-some-length";

let world: World;
let closed: TestScheduler;
let open: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  closed = await world.start({ LETHE_SCHEDULES: "off", LETHE_API_TOKEN: TOKEN, LETHE_TOKEN_TRIES: "1000" });
  open = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());

const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`me:${password}`).toString("base64")}` });

describe("with a token", () => {
  it.each([
    ["GET", "/jobs"],
    ["POST", "/jobs/customers/runs"],
    ["GET", "/runs"],
    ["GET", "/schedules"],
    ["PATCH", "/schedules/customers"],
    ["GET", "/quarantine"],
    ["POST", "/quarantine/replay"],
    ["GET", "/metrics"],
    ["GET", "/docs"],
    ["GET", "/docs/json"],
    ["GET", "/docs/static/swagger-ui-bundle.js"],
    ["GET", "/queues"],
    ["GET", "/queues/api/queues"],
    ["GET", "/nowhere"],
  ])("%s %s answers 401 to who shows none or a wrong one", async (method, path) => {
    for (const headers of [{}, { authorization: "Bearer a-token-of-some-lengtH" }, basic("wrong")]) {
      const answer = await closed.call(method, path, undefined, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/Basic realm=.*Bearer realm=/);
      expect(answer.body).toMatchObject({ status: 401, code: "token_required" });
    }
    const query = await closed.call(method, `${path}?token=${TOKEN}`);
    expect(query.status).toBe(401);
  });

  it("lets in who shows it, as Bearer or as password", async () => {
    expect((await closed.call("GET", "/jobs", undefined, { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    for (const path of ["/jobs", "/docs", "/queues", "/queues/api/queues", "/metrics"]) {
      expect((await closed.call("GET", path, undefined, basic(TOKEN))).status).toBe(200);
    }
  });

  it("answers health checks without it", async () => {
    expect((await closed.call("GET", "/healthz")).status).toBe(200);
    expect((await closed.call("GET", "/readyz")).status).toBe(200);
  });

  it("starts nothing for a page of another site, whose browser knows the password", async () => {
    const headers = { ...basic(TOKEN), "sec-fetch-site": "cross-site" };
    expect(await closed.call("POST", "/jobs/customers/runs", undefined, headers)).toMatchObject({
      status: 403,
      body: { code: "cross_site" },
    });
    expect((await closed.call("GET", "/jobs", undefined, headers)).status).toBe(403);
  });
});

describe("without a token", () => {
  it("starts nothing for a page of another site", async () => {
    const answer = await open.call("POST", "/jobs/customers/runs", undefined, { origin: "https://example.org" });
    expect(answer).toMatchObject({ status: 403, body: { code: "cross_site" } });
    const own = await open.call("POST", "/jobs/customers/runs", undefined, { origin: open.address });
    expect(own.status).toBe(202);
  });
});

describe("every answer", () => {
  it.each(["/jobs", "/docs", "/queues", "/nowhere", "/healthz"])("%s has the security headers", async (path) => {
    const { headers } = await open.call("GET", path);
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("start", () => {
  it.each([
    [{ LETHE_HOST: "0.0.0.0" }, "LETHE_HOST"],
    [{ LETHE_HOST: "::" }, "LETHE_HOST"],
    [{ NODE_ENV: "production" }, "NODE_ENV"],
    [{ LETHE_API_TOKEN: "short" }, "LETHE_API_TOKEN"],
  ])("refuses %j", async (environment, named) => {
    const start = world.start({ LETHE_SCHEDULES: "off", ...environment });
    await expect(start).rejects.toThrow(ConfigurationError);
    await expect(start).rejects.toThrow(named);
  });

  it("says so when the port is taken, and leaves nothing open", async () => {
    const port = new URL(open.address).port;
    await expect(world.start({ LETHE_PORT: port })).rejects.toThrow("LETHE_PORT");
  });

  it("listens on all addresses when a token is set", async () => {
    const scheduler = await world.start({ LETHE_HOST: "0.0.0.0", LETHE_API_TOKEN: TOKEN, LETHE_SCHEDULES: "off" });
    expect((await scheduler.call("GET", "/healthz")).status).toBe(200);
    await scheduler.stop();
  });
});
