import { createLogger } from "@lethe/service-kit/logger";
import { type Misbehaviour, startProvider, type TestProvider } from "@lethe/test-kit/open-id-provider";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildOfflineApp } from "../../test/offline-app.js";
import { createOpenId } from "./open-id.js";
import { readOpenIdSettings } from "./open-id-settings.js";

const TOKEN = "a-token-of-some-length";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KEY = "5e".repeat(32);

let provider: TestProvider;
let app: Awaited<ReturnType<typeof buildOfflineApp>>;
let logged: string[];
const opened: (typeof app)[] = [];
beforeEach(async () => {
  provider = await startProvider();
  provider.misbehave({ claims: { roles: ["staff", "lethe-admins"] } });
  app = await build();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const one of opened.splice(0)) await one.close();
  await provider.stop();
});

async function build(changes: Record<string, string> = {}): Promise<typeof app> {
  const settings = readOpenIdSettings({
    LETHE_OIDC_ISSUER: provider.issuer,
    LETHE_OIDC_CLIENT_ID: provider.clientId,
    LETHE_OIDC_CLIENT_SECRET: provider.clientSecret,
    LETHE_OIDC_REDIRECT_URL: "https://lethe.example.org",
    LETHE_OIDC_SCOPES: "openid",
    LETHE_OIDC_ROLE_CLAIM: "roles",
    LETHE_OIDC_ROLES: "lethe-admins=admin,support=privacy-officer",
    LETHE_OIDC_NAME: "Example accounts",
    LETHE_SESSION_KEY: KEY,
    ...changes,
  });
  if (settings === undefined) throw new Error("there are no settings");
  logged = [];
  const log = createLogger("scheduler", "debug", [], { write: (line) => logged.push(line) });
  const limits = {
    requests: 0,
    tokenTries: 3,
    bodyBytes: 2_048,
    requestMs: 30_000,
    answerMs: 10_000,
    connections: 1_000,
  };
  const built = await buildOfflineApp({ token: TOKEN, openId: createOpenId(settings, log), limits, log });
  opened.push(built);
  return built;
}

const HEADERS = { host: "lethe.example.org", "x-forwarded-proto": "https" };
/** What a browser says of a request that follows a link or a redirect from another site. */
const FROM_PROVIDER = {
  ...HEADERS,
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};

async function get(url: string, cookie?: string, headers: Record<string, string> = HEADERS) {
  const answer = await app.inject({ url, headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) } });
  const set = new Map(answer.cookies.map(({ name, value }) => [name, value]));
  return {
    status: answer.statusCode,
    location: String(answer.headers.location),
    set,
    cookies: answer.cookies,
    body: answer.body,
  };
}

/** Begins to sign in, and has the provider send back; returns the path of the answer, and what the browser keeps. */
async function askProvider(): Promise<{ path: string; cookie: string }> {
  const begun = await get("/session/oidc");
  expect(begun.status).toBe(303);
  await fetch(begun.location, { redirect: "manual" });
  const back = new URL(provider.sentBack.at(-1) ?? "");
  return { path: back.pathname + back.search, cookie: `lethe_sign_in=${begun.set.get("lethe_sign_in")}` };
}

async function signIn() {
  const { path, cookie } = await askProvider();
  return get(path, cookie, FROM_PROVIDER);
}

/** Signs in and returns the session's cookie, as a browser sends it. */
async function session(): Promise<string> {
  const { location, set } = await signIn();
  expect(location).toBe("/");
  return `__Host-lethe_session=${set.get("__Host-lethe_session")}`;
}

describe("signing in", () => {
  it("lands on the console, with a session of the claimed role, under a name that names nobody", async () => {
    const { status, location, cookies } = await signIn();
    expect([status, location]).toEqual([303, "/"]);
    const [cookie] = cookies.filter(({ name }) => name === "__Host-lethe_session");
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: true, path: "/", maxAge: 12 * 3_600 });
    expect(cookie?.value).not.toContain("person-7");
    const [attempt] = cookies.filter(({ name }) => name === "lethe_sign_in");
    expect(attempt).toMatchObject({ value: "", maxAge: 0, path: "/session/oidc" });
    const { body } = await get("/session", `__Host-lethe_session=${cookie?.value}`);
    expect(JSON.parse(body)).toEqual({
      caller: { name: expect.stringMatching(/^oidc:[0-9a-f]{16}$/), role: "admin" },
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
      problem: null,
      signIn: { token: true, openIdConnect: { name: "Example accounts" } },
    });
  });

  it("gives one person the same name each time, and another person another", async () => {
    const nameOf = async () => JSON.parse((await get("/session", await session())).body).caller.name;
    const first = await nameOf();
    expect(await nameOf()).toBe(first);
    provider.misbehave({ claims: { roles: ["lethe-admins"], sub: "person-8" } });
    expect(await nameOf()).not.toBe(first);
  });

  it("asks with PKCE, state and nonce, and keeps them sealed", async () => {
    const { location, cookies } = await get("/session/oidc");
    const { origin, searchParams } = new URL(location);
    expect(origin).toBe(provider.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: "lethe",
      response_type: "code",
      scope: "openid",
      redirect_uri: "https://lethe.example.org/session/oidc/callback",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(cookies).toEqual([
      expect.objectContaining({ name: "lethe_sign_in", httpOnly: true, sameSite: "Lax", secure: true, maxAge: 600 }),
    ]);
    expect(cookies[0]?.value).not.toContain(searchParams.get("state"));
    expect(Buffer.from(cookies[0]?.value ?? "", "base64url").includes(searchParams.get("nonce") ?? "-")).toBe(false);
  });

  it("takes roles from a path within the claims, and from a claim whose name has dots", async () => {
    app = await build({ LETHE_OIDC_ROLE_CLAIM: "realm_access.roles" });
    provider.misbehave({ claims: { realm_access: { roles: ["support"] } } });
    expect(JSON.parse((await get("/session", await session())).body).caller.role).toBe("privacy-officer");
    app = await build({ LETHE_OIDC_ROLE_CLAIM: "https://example.org/role" });
    provider.misbehave({ claims: { "https://example.org/role": "support" } });
    expect(JSON.parse((await get("/session", await session())).body).caller.role).toBe("privacy-officer");
  });

  it("is not set up without settings", async () => {
    const plain = await buildOfflineApp({ token: TOKEN });
    opened.push(plain);
    for (const url of ["/session/oidc", "/session/oidc/callback?code=1&state=2"]) {
      expect((await plain.inject({ url })).json()).toMatchObject({ status: 404, code: "not_found" });
    }
  });
});

describe("a sign-in that fails", () => {
  const now = Math.floor(Date.now() / 1_000);
  it.each<[string, Misbehaviour, string]>([
    ["a wrong nonce", { claims: { nonce: "of-another-sign-in" } }, "answer_invalid"],
    ["no nonce", { claims: { nonce: undefined } }, "answer_invalid"],
    ["a token that is over", { claims: { iat: now - 7_200, exp: now - 3_600 } }, "answer_invalid"],
    ["a token for another client", { claims: { aud: "another" } }, "answer_invalid"],
    ["a token of another issuer", { claims: { iss: "https://example.org" } }, "answer_invalid"],
    ["a token that somebody else signed", { foreignKey: true }, "answer_invalid"],
    ["a token that nobody signed", { unsigned: true }, "answer_invalid"],
    ["no claim of roles", {}, "role_missing"],
    ["no role that is mapped", { claims: { roles: ["staff"] } }, "role_missing"],
    ["roles of another form", { claims: { roles: { "lethe-admins": true } } }, "role_missing"],
    ["a refusal", { refusal: "access_denied" }, "provider_refused"],
    ["a provider that is broken", { tokenStatus: 502 }, "provider_unavailable"],
  ])("for %s says so, leaves no session, and says nothing of the person anywhere", async (_why, how, code) => {
    provider.misbehave(how);
    const { path, cookie } = await askProvider();
    if (how.claims !== undefined) provider.misbehave({ claims: { roles: ["lethe-admins"], ...how.claims } });
    const { status, location, set } = await get(path, cookie, FROM_PROVIDER);
    expect([status, location]).toEqual([303, `/?sign-in=${code}`]);
    expect(set.has("__Host-lethe_session")).toBe(false);
    const [failure] = logged.filter((line) => line.includes("could not sign in"));
    expect(failure).toContain(code);
    for (const secret of [
      "person-7",
      "jane.doe",
      "an-access-token",
      new URL(path, "http://x").searchParams.get("code") ?? "no code",
    ]) {
      expect(logged.join("")).not.toContain(secret);
      expect(location).not.toContain(secret);
    }
  });

  it("for another state than was asked with exchanges no code", async () => {
    const mine = await askProvider();
    const others = await askProvider();
    const { location } = await get(others.path, mine.cookie, FROM_PROVIDER);
    expect(location).toBe("/?sign-in=state_invalid");
    expect(provider.exchanged()).toBe(0);
  });

  it("for a browser that began none exchanges no code: nobody is signed in as somebody else (login CSRF)", async () => {
    const { path, cookie } = await askProvider();
    for (const kept of [undefined, "lethe_sign_in=made-up", `${cookie}; ${cookie}`, `${cookie}x`]) {
      const { location, set } = await get(path, kept, FROM_PROVIDER);
      expect([location, set.has("__Host-lethe_session")]).toEqual(["/?sign-in=state_invalid", false]);
    }
    expect(provider.exchanged()).toBe(0);
  });

  it("for an answer that comes a second time", async () => {
    const { path, cookie } = await askProvider();
    expect((await get(path, cookie, FROM_PROVIDER)).location).toBe("/");
    expect((await get(path, cookie, FROM_PROVIDER)).location).toBe("/?sign-in=answer_invalid");
  });

  it("for one that was begun more than ten minutes ago", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { path, cookie } = await askProvider();
    vi.setSystemTime(Date.now() + 10 * MINUTE_MS);
    expect((await get(path, cookie, FROM_PROVIDER)).location).toBe("/?sign-in=state_invalid");
  });

  it("for a provider that is down, before and behind it, and not once it is back", async () => {
    const { path, cookie } = await askProvider();
    await provider.stop();
    expect((await get(path, cookie, FROM_PROVIDER)).location).toBe("/?sign-in=provider_unavailable");
    app = await build();
    const begun = await get("/session/oidc");
    expect([begun.status, begun.location]).toEqual([303, "/?sign-in=provider_unavailable"]);
    expect(begun.set.size).toBe(0);
    provider = await startProvider();
    provider.misbehave({ claims: { roles: ["support"] } });
    app = await build();
    expect((await signIn()).location).toBe("/");
  });

  it("for a callback that another site's page has its browser ask for as a picture", async () => {
    const { path, cookie } = await askProvider();
    const headers = {
      ...HEADERS,
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
      "sec-fetch-dest": "image",
    };
    expect((await get(path, cookie, headers)).status).toBe(403);
    expect(provider.exchanged()).toBe(0);
  });
});

describe("a sealed session", () => {
  const ask = async (cookie: string) => (await get("/docs/json", cookie)).status;

  it("lets in until it is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const cookie = await session();
    vi.setSystemTime(Date.now() + 12 * HOUR_MS - 1_000);
    expect(await ask(cookie)).toBe(200);
    vi.setSystemTime(Date.now() + 1_000);
    expect(await ask(cookie)).toBe(401);
    expect(JSON.parse((await get("/session", cookie)).body).caller).toBeNull();
  });

  it.each([
    ["key", { LETHE_SESSION_KEY: "6f".repeat(32) }],
    ["map of roles", { LETHE_OIDC_ROLES: "lethe-admins=viewer" }],
    ["client", { LETHE_OIDC_CLIENT_ID: "another" }],
  ])("ends with the %s", async (_what, changes) => {
    const cookie = await session();
    app = await build();
    expect(await ask(cookie)).toBe(200);
    app = await build(changes);
    expect(await ask(cookie)).toBe(401);
  });

  it("cannot be changed or made up, and guesses count as those of tokens", async () => {
    const cookie = await session();
    const flipped = cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    for (const guess of [flipped, `${cookie}A`, "__Host-lethe_session=AAAA"]) expect(await ask(guess)).toBe(401);
    app = await build();
    const attempt = (await askProvider()).cookie.replace("lethe_sign_in", "__Host-lethe_session");
    for (const guess of [flipped, attempt, flipped]) expect(await ask(guess)).toBe(401);
    expect(await ask(flipped)).toBe(429);
  });

  it("is no token: as Bearer it opens nothing", async () => {
    const [, sealed] = (await session()).split("=");
    const answer = await app.inject({ url: "/docs/json", headers: { ...HEADERS, authorization: `Bearer ${sealed}` } });
    expect(answer.statusCode).toBe(401);
  });

  it("needs the CSRF token of its own for changes", async () => {
    const cookie = await session();
    const other = JSON.parse((await get("/session", await session())).body).csrfToken;
    const own = JSON.parse((await get("/session", cookie)).body).csrfToken;
    const post = async (token?: string) =>
      (
        await app.inject({
          method: "POST",
          url: "/jobs/customers/runs",
          headers: { ...HEADERS, cookie, ...(token === undefined ? {} : { "x-csrf-token": token }) },
        })
      ).json().code;
    expect([await post(), await post(other)]).toEqual(["csrf_token_required", "csrf_token_required"]);
    expect(await post(own)).toBe("database_unavailable");
  });

  it("makes a token necessary on loopback, too", async () => {
    const settings = readOpenIdSettings({
      LETHE_OIDC_ISSUER: provider.issuer,
      LETHE_OIDC_CLIENT_ID: provider.clientId,
      LETHE_OIDC_REDIRECT_URL: "http://localhost:8080",
      LETHE_OIDC_SCOPES: "openid",
      LETHE_OIDC_ROLE_CLAIM: "roles",
      LETHE_OIDC_ROLES: "lethe-admins=admin",
      LETHE_OIDC_NAME: "x",
      LETHE_SESSION_KEY: KEY,
    });
    if (settings === undefined) throw new Error("there are no settings");
    const open = await buildOfflineApp({ openId: createOpenId(settings, createLogger("scheduler", "silent", [])) });
    opened.push(open);
    expect((await open.inject({ url: "/docs/json", headers: { host: "localhost" } })).statusCode).toBe(401);
  });
});
