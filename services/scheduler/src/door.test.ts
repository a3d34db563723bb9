import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createPool } from "@lethe/warehouse/pool";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";
import { createPageSize } from "./http/page-size.js";

type App = Awaited<ReturnType<typeof buildOfflineApp>>;

const TOKEN = "a-token-of-some-length";
const LIMITS = {
  requests: 3,
  tokenTries: 3,
  bodyBytes: 2_048,
  requestMs: 30_000,
  answerMs: 10_000,
  connections: 1_000,
};
const UNLIMITED = { ...LIMITS, requests: 0 };
const MINUTE_MS = 60_000;

let unlimited: App;
beforeAll(async () => {
  unlimited = await buildOfflineApp({ limits: UNLIMITED });
});
afterAll(() => unlimited.close());

const opened: App[] = [];
async function build(changes: Parameters<typeof buildOfflineApp>[0]): Promise<App> {
  const app = await buildOfflineApp(changes);
  opened.push(app);
  return app;
}
afterEach(async () => {
  vi.useRealTimers();
  for (const app of opened.splice(0)) await app.close();
});

/** Asks from an address and returns the status; `token` is shown unless it is undefined. */
async function ask(app: App, address: string, token?: string, url = "/docs/json"): Promise<number> {
  const headers = { host: "localhost", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  return (await app.inject({ url, remoteAddress: address, headers })).statusCode;
}

async function askTimes(times: number, ...request: Parameters<typeof ask>): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) statuses.push(await ask(...request));
  return statuses;
}

describe("the limit of requests", () => {
  it("answers 429 with Retry-After to an address that asks too often, and lets others and later ones in", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const app = await build({ limits: LIMITS });
    expect(await askTimes(3, app, "10.0.0.1")).toEqual([200, 200, 200]);
    const refused = await app.inject({ url: "/docs/json", remoteAddress: "10.0.0.1", headers: { host: "localhost" } });
    expect(refused.statusCode).toBe(429);
    expect(refused.headers["content-type"]).toContain("application/problem+json");
    expect(refused.json()).toMatchObject({ status: 429, code: "rate_limited" });
    expect(refused.headers["retry-after"]).toBe("60");
    expect(refused.headers["x-content-type-options"]).toBe("nosniff");
    expect(await ask(app, "10.0.0.2")).toBe(200);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    expect(await ask(app, "10.0.0.1")).toBe(200);
  });

  it("counts addresses that cannot be read, and tells strangers nothing of them", async () => {
    const open = await build({ limits: LIMITS });
    for (const url of ["/%zz", `/runs/${"a".repeat(200)}`]) {
      expect([400, 414]).toContain(await ask(open, "10.0.0.1", undefined, url));
      expect((await open.inject({ url, headers: { host: "example.org" } })).statusCode).toBe(421);
    }
    expect(await askTimes(2, open, "10.0.0.1", undefined, "/%zz")).toEqual([400, 429]);
    const closed = await build({ limits: LIMITS, token: TOKEN });
    expect(await ask(closed, "10.0.0.1", undefined, `/runs/${"a".repeat(200)}`)).toBe(401);
  });

  it("is not used up by the pages of other sites", async () => {
    const app = await build({ limits: LIMITS });
    const headers = { host: "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    for (let i = 0; i < 5; i += 1) {
      const answer = await app.inject({ url: "/docs/json", remoteAddress: "10.0.0.1", headers });
      expect(answer.json()).toMatchObject({ status: 403, code: "cross_site" });
      expect(answer.headers["cross-origin-resource-policy"]).toBe("same-origin");
    }
    expect(await ask(app, "10.0.0.1")).toBe(200);
  });

  it("counts addresses of one IPv6 network together, and addresses that lead nowhere too", async () => {
    const app = await build({ limits: LIMITS });
    expect(await askTimes(3, app, "2001:db8::1", undefined, "/nowhere")).toEqual([404, 404, 404]);
    expect(await ask(app, "2001:db8::2")).toBe(429);
    expect(await ask(app, "2001:db8:0:1::1")).toBe(200);
  });

  it("lets health checks and scrapers ask as often as they like", async () => {
    const app = await build({ limits: LIMITS });
    for (const url of ["/healthz", "/readyz", "/metrics"]) {
      expect(new Set(await askTimes(10, app, "10.0.0.1", undefined, url))).toEqual(new Set([200]));
    }
    expect(await ask(app, "10.0.0.1")).toBe(200);
  });

  it("can be switched off", async () => {
    const app = await build({ limits: UNLIMITED });
    expect(new Set(await askTimes(20, app, "10.0.0.1"))).toEqual(new Set([200]));
  });

  it("is not used up for those with the token by strangers at their address", async () => {
    const app = await build({ limits: LIMITS, token: TOKEN });
    expect(await askTimes(5, app, "10.0.0.1")).toEqual([401, 401, 401, 429, 429]);
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
  });
});

describe("the limit of wrong tokens", () => {
  it("looks at no token of a strange address after too many wrong ones, not even at the right one", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const app = await build({ limits: UNLIMITED, token: TOKEN });
    expect(await askTimes(4, app, "10.0.0.1", "wrong")).toEqual([401, 401, 401, 429]);
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(429);
    expect(await ask(app, "10.0.0.2", TOKEN)).toBe(200);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
  });

  it("bears ten times as many where the right one was shown within the hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const app = await build({ limits: UNLIMITED, token: TOKEN });
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
    vi.setSystemTime(Date.now() + 40 * MINUTE_MS);
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
    vi.setSystemTime(Date.now() + 40 * MINUTE_MS);
    expect(new Set(await askTimes(30, app, "10.0.0.1", "wrong"))).toEqual(new Set([401]));
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(429);
    vi.setSystemTime(Date.now() + MINUTE_MS);
    expect(await askTimes(29, app, "10.0.0.1", "wrong")).not.toContain(429);
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
    vi.setSystemTime(Date.now() + 61 * MINUTE_MS);
    expect(await askTimes(4, app, "10.0.0.1", "wrong")).toEqual([401, 401, 401, 429]);
  });

  it("holds for all addresses of this machine together", async () => {
    const app = await build({ limits: UNLIMITED, token: TOKEN });
    for (const address of ["127.0.0.1", "127.9.0.3", "::1"]) expect(await ask(app, address, "wrong")).toBe(401);
    expect(await ask(app, "::ffff:127.0.0.9", TOKEN)).toBe(429);
  });

  it("holds for all strange addresses together, fifty times as high, and locks out nobody who is known", async () => {
    const app = await build({ limits: UNLIMITED, token: TOKEN });
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
    for (let i = 0; i < 150; i += 1) expect(await ask(app, `2001:db8:0:${i}::1`, "wrong")).toBe(401);
    expect(await ask(app, "10.0.0.2", TOKEN)).toBe(429);
    expect(await ask(app, "10.0.0.1", TOKEN)).toBe(200);
  });

  it("counts wrong tokens at every route alike, and no request that shows none", async () => {
    const app = await build({ limits: UNLIMITED, token: TOKEN });
    expect(await askTimes(10, app, "10.0.0.1")).not.toContain(429);
    expect(await askTimes(4, app, "10.0.0.1", "wrong", "/metrics")).toEqual([401, 401, 401, 429]);
    expect(await ask(app, "10.0.0.1", TOKEN, "/runs")).toBe(429);
    expect(await ask(app, "10.0.0.1", undefined, "/healthz")).toBe(200);
  });
});

describe("limits of requests and lists", () => {
  it("names the real limit to a body that is too large", async () => {
    const app = await build({ limits: LIMITS });
    const answer = await app.inject({
      method: "POST",
      url: "/jobs/customers/runs",
      headers: { host: "localhost", "content-type": "application/json" },
      payload: `{"from":"${"x".repeat(2_048)}"}`,
    });
    expect(answer.json()).toMatchObject({
      status: 413,
      code: "body_too_large",
      detail: "the body is larger than 2048 bytes",
    });
  });

  it.each(["/runs", "/quarantine", "/erasures", "/dead-letters"])(
    "%s gives no longer page than allowed",
    async (path) => {
      const app = await build({ pageSize: createPageSize(10) });
      const get = (query: string) => app.inject({ url: `${path}${query}`, headers: { host: "localhost" } });
      const refused = await get("?limit=11");
      expect(refused.json()).toMatchObject({ status: 400, code: "input_invalid" });
      expect(refused.json().detail).toBe("querystring/limit must be <= 10");
      for (const query of ["", "?limit=10"]) expect((await get(query)).json().code).toBe("database_unavailable");
    },
  );
});

describe("what is refused", () => {
  it.each(["true", "0x5", "%205", "1e3", "-0", "", "05"])("is a number written as %j", async (text) => {
    for (const url of [`/quarantine?after=${text}`, `/feed/rewritten?after=${text}`, `/runs?limit=${text}`]) {
      const answer = await unlimited.inject({ url, headers: { host: "localhost" } });
      expect(answer.json(), url).toMatchObject({ status: 400, code: "input_invalid" });
    }
  });

  it("is not repeated: a name that nobody knows", async () => {
    const headers = { host: "localhost" };
    const payload = { "jane@example.org": 1 };
    const answer = await unlimited.inject({ method: "PATCH", url: "/schedules/customers", headers, payload });
    expect(answer.json()).toMatchObject({ status: 400, detail: expect.stringContaining("additional properties") });
    expect(answer.body).not.toContain("jane");
    const query = await unlimited.inject({ url: "/runs?jane=1", headers });
    expect(query.json()).toMatchObject({ status: 400, detail: expect.stringContaining("additional properties") });
    expect(query.body).not.toContain("jane");
  });

  it.each(['{"from":1,"from":2}', '{"x":{"a":1,"\\u0061":1}}'])("is a key that comes twice: %s", async (payload) => {
    const headers = { host: "localhost", "content-type": "application/json" };
    const answer = await unlimited.inject({ method: "POST", url: "/jobs/customers/runs", headers, payload });
    expect(answer.json()).toMatchObject({ status: 400, code: "repeated_key" });
  });

  it("is no failure of the board: files that are not there, and bodies that are not JSON", async () => {
    const file = await unlimited.inject({ url: "/queues/static//etc/passwd", headers: { host: "localhost" } });
    expect(file.json()).toMatchObject({ status: 404 });
    const answer = await unlimited.inject({
      method: "PUT",
      url: "/queues/api/queues/trigger/pause",
      headers: { host: "localhost", "content-type": "text/plain" },
      payload: "x",
    });
    expect(answer.json()).toMatchObject({ status: 415, code: "content_type_unsupported" });
  });
});

describe("a database that does not answer", () => {
  const ID = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";

  it.each([
    ["GET", "/jobs"],
    ["POST", "/jobs/customers/runs"],
    ["GET", `/runs/${ID}`],
    ["POST", `/runs/${ID}/cancel`],
    ["POST", `/dead-letters/${ID}/replay`],
    ["GET", "/quarantine/counts"],
    ["PATCH", "/schedules/customers"],
    ["POST", "/erasures/requests/1/approve"],
  ] as const)("is a 503 to %s %s", async (method, url) => {
    const answer = await unlimited.inject({
      method,
      url,
      headers: { host: "localhost" },
      ...(method === "PATCH" ? { payload: { enabled: true } } : {}),
    });
    expect(answer.json()).toMatchObject({ status: 503, code: "database_unavailable" });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain("127.0.0.1");
  });
});

describe("a database that hangs", () => {
  let server: Server;
  let app: App;
  beforeAll(async () => {
    const held = new Set<Socket>();
    server = createServer((socket) => void held.add(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const pool = createPool(`postgres://127.0.0.1:${(server.address() as AddressInfo).port}/none`, 2, "none");
    app = await buildOfflineApp({ pool, token: TOKEN, limits: { ...UNLIMITED, tokenTries: 20, answerMs: 200 } });
    return async () => {
      await app.close();
      for (const socket of held) socket.destroy();
      server.close();
    };
  });

  it.each([
    ["GET", "/jobs"],
    ["POST", "/jobs/customers/runs"],
    ["PATCH", "/schedules/customers"],
  ] as const)("is a 503 in time to %s %s", async (method, url) => {
    const answer = await app.inject({
      method,
      url,
      headers: { host: "localhost", authorization: `Bearer ${TOKEN}` },
      ...(method === "GET" ? {} : { payload: method === "PATCH" ? { enabled: true } : {} }),
    });
    expect(answer.json()).toMatchObject({ status: 503, code: "no_answer_in_time" });
  });

  it("keeps nobody who shows the settings' token waiting for the look-ups of others, which end in time", async () => {
    const named = `lethe_${"0".repeat(16)}_${"A".repeat(43)}`;
    const guesses = Array.from({ length: 19 }, () => ask(app, "10.0.0.9", named));
    expect(await ask(app, "10.0.0.9", TOKEN)).toBe(200);
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([503]));
  });
});

describe("names from outside", () => {
  // The database is not there: whatever reached it would be a 503.
  it.each([
    "..%2f..%2fetc%2fpasswd",
    "%252e%252e",
    "1;drop table ledger.runs",
    "%00",
    "00000000-0000-4000-8000-00000000000g",
  ])("%s is the id of nothing, and no statement is made with it", async (id) => {
    const urls = ["/runs/ID", "/erasures/ID", "/erasures/ID/receipt", "/dead-letters/ID"].map((url) => ["GET", url]);
    const changes = ["/runs/ID/cancel", "/runs/ID/retry", "/dead-letters/ID/replay", "/erasures/requests/ID/approve"];
    const posts = [...changes, "/erasures/requests/ID/reject", "/jobs/ID/runs"].map((url) => ["POST", url]);
    for (const [method, url = ""] of [...urls, ...posts]) {
      const answer = await unlimited.inject({
        method: method as "GET" | "POST",
        url: url.replace("ID", id),
        headers: { host: "localhost" },
      });
      expect([400, 404], url).toContain(answer.statusCode);
    }
  });

  it.each([
    "/docs/static/..%2f..%2f..%2fpackage.json",
    "/docs/static/%2e%2e/%2e%2e/package.json",
    "/docs/static/..%5c..%5cpackage.json",
    "/docs/static/%00",
    "/queues/static/..%2f..%2f..%2fpackage.json",
    "/queues/static/%2e%2e/%2e%2e/package.json",
  ])("%s leads to no file", async (url) => {
    const answer = await unlimited.inject({ url, headers: { host: "localhost" } });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.body).not.toContain('"version"');
  });
});

describe("pages of other sites", () => {
  it("may not be read under another name without a token", async () => {
    for (const host of ["rebound.example.org", "localhost.example.org:8080"]) {
      const answer = await unlimited.inject({ url: "/docs/json", headers: { host } });
      expect(answer.json()).toMatchObject({ status: 421, code: "misdirected" });
    }
    expect((await unlimited.inject({ url: "/docs/json", headers: { host: "localhost:8080" } })).statusCode).toBe(200);
  });

  it("are allowed to read nothing: no answer has a header of CORS, nor has a preflight", async () => {
    const app = await build({ limits: UNLIMITED, token: TOKEN });
    const headers = { host: "localhost", origin: "https://example.org", "access-control-request-method": "POST" };
    for (const url of [
      "/jobs",
      "/jobs/customers/runs",
      "/runs",
      "/erasures",
      "/docs/json",
      "/queues",
      "/healthz",
      "/x",
    ]) {
      for (const method of ["OPTIONS", "GET", "POST"] as const) {
        for (const authorization of [undefined, `Bearer ${TOKEN}`]) {
          const answer = await app.inject({
            method,
            url,
            headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
          });
          expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
          if (method === "OPTIONS") expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        }
      }
    }
  });
});
