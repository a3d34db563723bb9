import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";
import { createSessions } from "./http/sessions.js";

const TOKEN = 'a;token,of"odd"=characters%3B';
const LIMITS = {
  requests: 0,
  tokenTries: 3,
  bodyBytes: 8_192,
  requestMs: 30_000,
  answerMs: 10_000,
  connections: 1_000,
};
const NAMED = `lethe_${"0".repeat(16)}_${"A".repeat(43)}`;

type App = Awaited<ReturnType<typeof buildOfflineApp>>;
let app: App;
const opened: App[] = [];
async function build(changes: Parameters<typeof buildOfflineApp>[0] = {}): Promise<App> {
  const built = await buildOfflineApp({ token: TOKEN, limits: LIMITS, ...changes });
  opened.push(built);
  return built;
}
beforeEach(async () => {
  app = await build();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const one of opened.splice(0)) await one.close();
});

interface Asked {
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
  readonly payload?: object;
  readonly from?: string;
}

async function ask(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  url: string,
  { cookie, headers, payload, from }: Asked = {},
) {
  const answer = await app.inject({
    method,
    url,
    ...(from === undefined ? {} : { remoteAddress: from }),
    headers: { host: "localhost", ...(cookie === undefined ? {} : { cookie }), ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  const isJson = String(answer.headers["content-type"]).includes("json");
  return {
    status: answer.statusCode,
    headers: answer.headers,
    cookies: answer.cookies,
    body: isJson ? answer.json() : undefined,
  };
}

function signIn(token: string, asked: Asked = {}) {
  return ask("POST", "/session", { ...asked, payload: { token } });
}

/** The cookie of a session that any scheduler with this token has sealed. */
function cookieOf(token: string, key = token): string {
  const { sealToken } = createSessions(
    Buffer.from(key),
    () => ({ found: undefined }),
    () => undefined,
  );
  return `lethe_session=${sealToken(token)}`;
}
const COOKIE = cookieOf(TOKEN);
const CLEARED = { name: "lethe_session", value: "", path: "/", maxAge: 0, httpOnly: true, sameSite: "Strict" };
/** What removes a cookie that another port's page has planted where the console signs in. */
const UNPLANTED = { ...CLEARED, path: "/session" };

async function csrfToken(cookie = COOKIE): Promise<string> {
  return (await ask("GET", "/session", { cookie })).body.csrfToken;
}

describe("signing in with a token", () => {
  it("answers who one is, with a cookie that no script reads and no other site has sent", async () => {
    const { status, headers, cookies, body } = await signIn(TOKEN);
    expect(status).toBe(200);
    expect(headers["set-cookie"]?.[0]).toMatch(
      /^lethe_session=[\w-]{60,}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).toEqual({
      caller: { name: "LETHE_API_TOKEN", role: "admin" },
      csrfToken: await csrfToken(`lethe_session=${cookies[0]?.value}`),
      problem: null,
      signIn: { token: true, openIdConnect: null },
    });
    expect(JSON.stringify(body)).not.toContain("odd");
    const cookie = `lethe_session=${cookies[0]?.value}`;
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(200);
    expect((await ask("GET", "/queues/api/queues", { cookie })).status).toBe(200);
  });

  it("has the browser hold no token, and takes none from a cookie", async () => {
    const { headers } = await signIn(TOKEN);
    expect(decodeURIComponent(String(headers["set-cookie"]))).not.toContain("odd");
    const cookie = `lethe_session=${encodeURIComponent(TOKEN)}`;
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(401);
  });

  it("holds at every scheduler with the same settings, and at no other", async () => {
    const cookie = `lethe_session=${(await signIn(TOKEN)).cookies[0]?.value}`;
    app = await build();
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(200);
    app = await build({ sessionKey: Buffer.alloc(32, 1) });
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(401);
    const sealed = `lethe_session=${(await signIn(TOKEN)).cookies[0]?.value}`;
    app = await build({ sessionKey: Buffer.alloc(32, 1) });
    expect((await ask("GET", "/docs/json", { cookie: sealed })).status).toBe(200);
    app = await build({ token: "another-token-of-some-length", sessionKey: Buffer.alloc(32, 1) });
    expect((await ask("GET", "/docs/json", { cookie: sealed })).status).toBe(401);
  });

  it("is over after twelve hours", async () => {
    const signedInAt = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: signedInAt });
    const cookie = `lethe_session=${(await signIn(TOKEN)).cookies[0]?.value}`;
    vi.setSystemTime(signedInAt + 12 * 3_600_000 - 1);
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(200);
    vi.setSystemTime(signedInAt + 12 * 3_600_000);
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(401);
  });

  it("removes what another port's page has planted where the console signs in", async () => {
    const { cookies } = await signIn(TOKEN, { cookie: "lethe_session=planted" });
    expect(cookies[1]).toEqual(expect.objectContaining(UNPLANTED));
  });

  it("sets by https a cookie that no page can plant without it", async () => {
    const headers = { "x-forwarded-proto": "https" };
    const [set] = (await signIn(TOKEN, { headers })).cookies;
    expect(set).toMatchObject({ name: "__Host-lethe_session", path: "/", secure: true });
    expect(set?.domain).toBeUndefined();
    const cookie = `__Host-lethe_session=${set?.value}`;
    expect((await ask("GET", "/docs/json", { cookie, headers })).status).toBe(200);
    const planted = `lethe_session=planted; ${cookie}; lethe_session=planted`;
    expect((await ask("GET", "/docs/json", { cookie: planted, headers })).status).toBe(200);
    expect((await ask("GET", "/docs/json", { cookie: COOKIE, headers })).status).toBe(401);
    const { cookies } = await ask("DELETE", "/session", { cookie, headers });
    expect(cookies[0]).toMatchObject({ ...CLEARED, name: "__Host-lethe_session", secure: true });
  });

  it.each(["https", "HTTPS", "https, http"])("sets a Secure cookie for x-forwarded-proto: %s", async (proto) => {
    const { headers } = await signIn(TOKEN, { headers: { "x-forwarded-proto": proto } });
    expect(String(headers["set-cookie"])).toMatch(/; Secure/);
  });

  it.each(["http", "http, https", "", "xhttps"])("sets none for x-forwarded-proto: %s", async (proto) => {
    const { headers } = await signIn(TOKEN, { headers: { "x-forwarded-proto": proto } });
    expect(String(headers["set-cookie"])).not.toMatch(/Secure/);
  });

  it("refuses a wrong one, without a cookie, and without a browser's dialog", async () => {
    const { status, headers, cookies, body } = await signIn("a-wrong-token-of-some-length");
    expect([status, body.code, cookies]).toEqual([401, "token_wrong", []]);
    expect(headers["www-authenticate"]).toBe('Bearer realm="Lethe"');
  });

  it("counts guesses with those of the header and of cookies, and then takes not even the right one", async () => {
    expect((await signIn("a-wrong-token")).status).toBe(401);
    expect((await ask("GET", "/jobs", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
    expect((await ask("GET", "/jobs", { cookie: "lethe_session=wrong" })).status).toBe(401);
    const { status, headers, body, cookies } = await signIn(TOKEN);
    expect([status, body.code, cookies]).toEqual([429, "rate_limited", []]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect((await ask("GET", "/jobs", { cookie: COOKIE })).status).toBe(429);
    expect((await ask("GET", "/session", { cookie: COOKIE })).status).toBe(429);
    expect((await signIn(TOKEN, { from: "10.0.0.2" })).status).toBe(200);
  });

  it.each([
    ["of the settings", "a-wrong-token", 401],
    ["of a name, while the database is away", NAMED, 503],
  ])("counts guesses at once as they arrive: one %s", async (_which, guess, refusal) => {
    const inBodies = Array.from({ length: 10 }, () => signIn(guess));
    const cookie = cookieOf(guess, TOKEN);
    const inCookies = Array.from({ length: 10 }, () => ask("GET", "/jobs", { cookie }));
    const statuses = (await Promise.all([...inBodies, ...inCookies])).map(({ status }) => status);
    expect(statuses.filter((status) => status === refusal)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(17);
  });

  it.each([
    { token: "a token with blanks" },
    { token: "a\r\nSet-Cookie: x=1" },
    { token: "a\u0000b" },
    { token: "schlüssel-eines-admins" },
    { token: "" },
    { token: "x".repeat(1_025) },
    { token: 7 },
    { token: TOKEN, remember: true },
    {},
  ])("takes nothing that is no token: %j", async (payload) => {
    const { status, headers, body } = await ask("POST", "/session", { payload });
    expect([status, body.code]).toEqual([400, "input_invalid"]);
    expect(headers["set-cookie"]).toBeUndefined();
    expect(JSON.stringify(body)).not.toContain("odd");
  });

  it("is not brought about by another site's page, or by a form (login CSRF)", async () => {
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://example.org" },
      { origin: "null" },
    ]) {
      const { status, body, cookies } = await signIn(TOKEN, { headers });
      expect([status, body.code, cookies]).toEqual([403, "cross_site", []]);
    }
    const form = await app.inject({
      method: "POST",
      url: "/session",
      headers: { host: "localhost", "content-type": "text/plain" },
      payload: JSON.stringify({ token: TOKEN }),
    });
    expect([form.statusCode, form.cookies]).toEqual([415, []]);
  });
});

describe("GET /session", () => {
  it("says that nobody is signed in to who shows no cookie, or a wrong one, which counts as a guess", async () => {
    const nobody = { caller: null, csrfToken: null, problem: null, signIn: { token: true, openIdConnect: null } };
    expect(await ask("GET", "/session")).toMatchObject({ status: 200, body: nobody });
    for (let i = 0; i < 3; i += 1) {
      expect(await ask("GET", "/session", { cookie: "lethe_session=wrong" })).toMatchObject({
        status: 200,
        body: nobody,
      });
    }
    expect((await ask("GET", "/session", { cookie: "lethe_session=wrong" })).status).toBe(429);
  });

  it("knows who shows a token in the header, who needs no CSRF token", async () => {
    const authorization = `Basic ${Buffer.from(`me:${TOKEN}`).toString("base64")}`;
    const { body } = await ask("GET", "/session", { headers: { authorization } });
    expect(body).toMatchObject({ caller: { name: "LETHE_API_TOKEN" }, csrfToken: null });
  });
});

describe("two cookies of the session's name", () => {
  it("are what GET /session says, so that nobody signs in in vain without a word", async () => {
    const { body } = await ask("GET", "/session", { cookie: `lethe_session=planted; ${COOKIE}` });
    expect(body).toMatchObject({ caller: null, csrfToken: null, problem: "two_cookies" });
    expect((await ask("GET", "/session", { cookie: COOKIE })).body.problem).toBeNull();
  });
});

describe("a stranger's requests", () => {
  const limits = { ...LIMITS, requests: 3 };
  beforeEach(async () => {
    app = await build({ limits });
  });
  const times = async (count: number, ...asked: Parameters<typeof ask>) => {
    const statuses = [];
    for (let i = 0; i < count; i += 1) statuses.push((await ask(...asked)).status);
    return statuses.at(-1);
  };

  it("shut nobody out who is signed in at the same address: neither from the files nor from the session", async () => {
    expect(await times(4, "GET", "/session")).toBe(429);
    expect(await times(1, "POST", "/session", { payload: { token: TOKEN } })).toBe(429);
    expect((await ask("GET", "/", { cookie: COOKIE })).status).not.toBe(429);
    expect((await ask("GET", "/session", { cookie: COOKIE })).body.caller).toEqual({
      name: "LETHE_API_TOKEN",
      role: "admin",
    });
    expect((await ask("DELETE", "/session", { cookie: COOKIE })).status).toBe(204);
  });

  it("for files are limited by themselves, ten times as high", async () => {
    expect(await times(30, "GET", "/")).not.toBe(429);
    expect(await times(1, "GET", "/")).toBe(429);
    expect((await ask("GET", "/session")).status).toBe(200);
  });

  it("with a wrong cookie are counted as theirs", async () => {
    expect(await times(4, "DELETE", "/session", { cookie: "lethe_session=wrong" })).toBe(429);
  });
});

describe("DELETE /session", () => {
  it("needs no database to sign out", async () => {
    const { status, cookies } = await ask("DELETE", "/session", { cookie: cookieOf(NAMED, TOKEN) });
    expect([status, cookies.length]).toEqual([204, 2]);
  });

  it("has the browser forget its cookie, also where that opens nothing any more", async () => {
    for (const cookie of [COOKIE, "lethe_session=revoked"]) {
      const { status, cookies } = await ask("DELETE", "/session", { cookie });
      expect(status).toBe(204);
      expect(cookies).toEqual([expect.objectContaining(CLEARED), expect.objectContaining(UNPLANTED)]);
    }
  });

  it("is not brought about by another site's page", async () => {
    const { status, cookies } = await ask("DELETE", "/session", {
      cookie: COOKIE,
      headers: { origin: "https://example.org" },
    });
    expect([status, cookies]).toEqual([403, []]);
  });
});

describe("a change by cookie", () => {
  const start = (headers: Record<string, string> = {}, cookie = COOKIE) =>
    ask("POST", "/jobs/customers/runs", { cookie, headers });
  /** What comes of a request that is let in: there is no database here. */
  const LET_IN = "database_unavailable";

  it("needs the session's own CSRF token", async () => {
    const own = await csrfToken();
    expect(await start()).toMatchObject({ status: 403, body: { code: "csrf_token_required" } });
    app = await build({ token: "another-token-of-some-length" });
    const others = await csrfToken(cookieOf("another-token-of-some-length"));
    app = await build();
    for (const wrong of ["", "wrong", others, own.slice(0, -1), `${own}x`, `${own}, ${own}`]) {
      expect(await start({ "x-csrf-token": wrong })).toMatchObject({
        status: 403,
        body: { code: "csrf_token_required" },
      });
    }
    expect((await start({ "x-csrf-token": own })).body.code).toBe(LET_IN);
  });

  it.each(["POST", "PATCH", "PUT", "DELETE"] as const)("is each %s, whatever it leads to", async (method) => {
    for (const url of ["/schedules/customers", "/nowhere", "/docs/json"]) {
      expect((await ask(method, url, { cookie: COOKIE })).body).toMatchObject({ code: "csrf_token_required" });
    }
  });

  it("comes from no other site's page, whatever it shows", async () => {
    const own = { "x-csrf-token": await csrfToken() };
    for (const from of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://example.org" },
    ]) {
      expect((await start({ ...own, ...from })).body.code).toBe("cross_site");
    }
  });

  it("shows no token of its own beside the header Authorization, which alone counts", async () => {
    expect((await start({ authorization: `Bearer ${Buffer.from(TOKEN).toString("base64")}` })).status).toBe(401);
    const authorization = `Basic ${Buffer.from(`me:${TOKEN}`).toString("base64")}`;
    expect((await start({ authorization })).body.code).toBe(LET_IN);
    expect((await start({ authorization }, "lethe_session=wrong")).body.code).toBe(LET_IN);
  });

  it("on Bull Board is named by the browser as its own page's", async () => {
    app = await build({ board: { queues: [], readOnly: false } });
    const pause = (headers: Record<string, string>) =>
      ask("PUT", "/queues/api/queues/load/pause", { cookie: COOKIE, headers });
    for (const headers of [{}, { "sec-fetch-site": "none" }]) {
      expect((await pause(headers)).body).toMatchObject({ code: "csrf_token_required" });
    }
    expect((await pause({ "sec-fetch-site": "same-site" })).body).toMatchObject({ code: "cross_site" });
    expect((await pause({ "sec-fetch-site": "same-origin" })).status).toBe(404);
    expect((await start({ "sec-fetch-site": "same-origin" })).body.code).toBe("csrf_token_required");
  });
});

describe("a cookie", () => {
  it.each([
    ["twice, the right one first", `${COOKIE}; lethe_session=planted`],
    ["twice, the right one last", `lethe_session=planted; ${COOKIE}`],
    ["twice the same", `${COOKIE}; ${COOKIE}`],
    ["under a longer name", `x${COOKIE}`],
    ["with an escape that is none", "lethe_session=%zz"],
    ["that is empty", "lethe_session="],
    ["that is no cookie", "lethe_session"],
    ["that is large", `lethe_session=${"x".repeat(10_000)}`],
    ["between quotes", COOKIE.replace(/=(.*)/, '="$1"')],
    ["with a line's end", `${COOKIE}${encodeURIComponent("\r\nx: 1")}`],
    ["that is a token", `lethe_session=${encodeURIComponent(TOKEN)}`],
  ])("opens nothing %s", async (_what, cookie) => {
    const { status, headers, body } = await ask("GET", "/docs/json", { cookie });
    expect([status, body.code]).toEqual([401, "token_required"]);
    expect(headers["set-cookie"]).toBeUndefined();
    expect((await ask("GET", "/session", { cookie })).body.caller).toBeNull();
  });

  it("is found among others", async () => {
    const cookie = `theme=dark; ${COOKIE};other="a; b"`;
    expect((await ask("GET", "/docs/json", { cookie })).status).toBe(200);
  });

  it("brings about a browser's dialog for nobody but a person who opens a page", async () => {
    const challenge = async (headers: Record<string, string>) =>
      (await ask("GET", "/jobs", { headers })).headers["www-authenticate"];
    expect(await challenge({ "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin" })).toBe(
      'Bearer realm="Lethe"',
    );
    expect(await challenge({ "sec-fetch-dest": "document" })).toEqual([
      expect.stringMatching(/^Basic/),
      'Bearer realm="Lethe"',
    ]);
  });
});

describe("on loopback without a token", () => {
  beforeEach(async () => {
    app = await build({ token: undefined });
  });

  it("everybody is signed in as local, without a cookie, and changes need no more", async () => {
    expect((await ask("GET", "/session")).body).toEqual({
      caller: { name: "local", role: "admin" },
      csrfToken: null,
      problem: null,
      signIn: { token: false, openIdConnect: null },
    });
    expect((await ask("POST", "/jobs/customers/runs")).body.code).toBe("database_unavailable");
    expect(await ask("GET", "/session", { headers: { host: "example.org" } })).toMatchObject({ status: 421 });
  });

  it("the cookie of another port's installation locks nobody out, however often it comes", async () => {
    const stale = { cookie: "lethe_session=of-another-installation" };
    for (let i = 0; i < 10; i += 1) {
      expect((await ask("GET", "/session", stale)).body.caller).toEqual({ name: "local", role: "admin" });
      expect((await ask("POST", "/jobs/customers/runs", stale)).body.code).toBe("database_unavailable");
    }
    expect((await ask("GET", "/docs/json", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
  });
});
