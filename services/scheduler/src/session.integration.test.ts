import { ROLES, type Role } from "@lethe/contracts/roles";
import { startProvider } from "@lethe/test-kit/open-id-provider";
import { createApiToken, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";
import { createSessions } from "./http/sessions.js";

const ID = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";
const TOKEN = "a-token-of-some-length";

let world: World;
let scheduler: TestScheduler;
const tokens = new Map<Role, string>();
beforeAll(async () => {
  world = await createWorld({ LETHE_SCHEDULES: "off" });
  scheduler = await world.start({ LETHE_API_TOKEN: TOKEN, LETHE_RATE_LIMIT: "0" });
  for (const role of ROLES) tokens.set(role, await createApiToken(world.pool, `a-${role}`, role));
});
afterAll(() => world.end());

/** Signs in and returns the headers that the console sends from then on. */
async function signIn(token: string | undefined, at = scheduler) {
  const { status, headers, body } = await at.call("POST", "/session", { token });
  expect(status).toBe(200);
  const [cookie = ""] = (headers.get("set-cookie") ?? "").split(";");
  return { cookie, "x-csrf-token": body.csrfToken as string };
}

describe("a session by a named token", () => {
  it.each(ROLES)("has the name and role of its token: %s", async (role) => {
    const headers = await signIn(tokens.get(role));
    const { body } = await scheduler.call("GET", "/session", undefined, headers);
    expect(body.caller).toEqual({ name: `a-${role}`, role });
    const refusals = [
      ["GET", "/runs", undefined, ["viewer", "operator", "privacy-officer", "admin"]],
      ["POST", "/quarantine/replay", {}, ["operator", "admin"]],
      ["POST", `/erasures/${ID}/lift`, { note: "case 1" }, ["privacy-officer", "admin"]],
    ] as const;
    for (const [method, path, sent, allowed] of refusals) {
      const answer = await scheduler.call(method, path, sent, headers);
      const isAllowed = (allowed as readonly string[]).includes(role);
      expect(answer.body.code === "role_required", `${method} ${path}`).toBe(!isAllowed);
      if (!isAllowed) expect(answer.status).toBe(403);
    }
  });

  it("changes nothing without its CSRF token, or with that of another session", async () => {
    const { cookie } = await signIn(tokens.get("operator"));
    const other = await signIn(tokens.get("admin"));
    for (const headers of [{ cookie }, { cookie, "x-csrf-token": other["x-csrf-token"] }]) {
      const { status, body } = await scheduler.call("POST", "/jobs/customers/runs", undefined, headers);
      expect([status, body.code]).toEqual([403, "csrf_token_required"]);
    }
    const { rows } = await world.pool.query("select 1 from ledger.runs");
    expect(rows).toEqual([]);
  });

  it("is over at once when its token is revoked; the page is told so, and is no error", async () => {
    const headers = await signIn(await createApiToken(world.pool, "for-a-while", "operator"));
    expect((await scheduler.call("GET", "/jobs", undefined, headers)).status).toBe(200);
    await revokeApiToken(world.pool, "for-a-while");
    expect(await scheduler.call("GET", "/jobs", undefined, headers)).toMatchObject({
      status: 401,
      body: { code: "token_required" },
    });
    expect(await scheduler.call("GET", "/session", undefined, headers)).toMatchObject({
      status: 200,
      body: { caller: null, csrfToken: null },
    });
    expect((await scheduler.call("POST", "/jobs/customers/runs", undefined, headers)).status).toBe(401);
  });

  it("opens what a page of Lethe needs beside the API", async () => {
    const headers = await signIn(tokens.get("viewer"));
    for (const path of ["/docs", "/docs/json", "/queues", "/queues/api/queues", "/metrics"]) {
      expect((await scheduler.call("GET", path, undefined, headers)).status, path).toBe(200);
    }
  });

  it("counts by its own name, so that strangers at the same address do not use up what it has", async () => {
    const strict = await world.start({ LETHE_API_TOKEN: TOKEN, LETHE_RATE_LIMIT: "5" });
    const headers = await signIn(tokens.get("viewer"), strict);
    const statuses = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await strict.call("GET", "/session")).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await strict.call("GET", "/jobs", undefined, headers)).status).toBe(200);
    await strict.stop();
  });

  it("stands in no log", () => {
    for (const token of tokens.values()) expect(world.logged()).not.toContain(token.slice(23));
  });
});

describe("guesses by cookie", () => {
  it("count across cookie, body and header, while they are looked up at once", async () => {
    const strict = await world.start({ LETHE_API_TOKEN: TOKEN, LETHE_TOKEN_TRIES: "5", LETHE_RATE_LIMIT: "0" });
    const guess = `lethe_${"0".repeat(16)}_${"A".repeat(43)}`;
    const { sealToken } = createSessions(
      Buffer.from(TOKEN),
      () => ({ found: undefined }),
      () => undefined,
    );
    const cookie = `lethe_session=${sealToken(guess)}`;
    const guesses = Array.from({ length: 30 }, (_none, index) => {
      if (index % 3 === 0) return strict.call("POST", "/session", { token: guess });
      if (index % 3 === 1) return strict.call("GET", "/jobs", undefined, { cookie });
      return strict.call("GET", "/jobs", undefined, { authorization: `Bearer ${guess}` });
    });
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
    await strict.stop();
  });
});

describe("on loopback without a token", () => {
  it("a session has the role of its token, and without one the caller is local", async () => {
    const open = await world.start();
    const headers = await signIn(tokens.get("viewer"), open);
    expect((await open.call("GET", "/session")).body.caller).toEqual({ name: "local", role: "admin" });
    expect((await open.call("GET", "/session", undefined, headers)).body.caller).toEqual({
      name: "a-viewer",
      role: "viewer",
    });
    expect(await open.call("POST", "/quarantine/replay", {}, headers)).toMatchObject({
      status: 403,
      body: { code: "role_required" },
    });
    await open.stop();
  });
});

describe("a session by OpenID Connect", () => {
  it("records what its holder does under a name that is none of a token, and names nobody", async () => {
    const provider = await startProvider();
    provider.misbehave({ claims: { groups: ["support"], email: "jane.doe@example.org", preferred_username: "jane" } });
    const withProvider = await world.start({
      LETHE_API_TOKEN: TOKEN,
      LETHE_OIDC_ISSUER: provider.issuer,
      LETHE_OIDC_CLIENT_ID: provider.clientId,
      LETHE_OIDC_CLIENT_SECRET: provider.clientSecret,
      LETHE_OIDC_REDIRECT_URL: "http://localhost",
      LETHE_OIDC_ROLE_CLAIM: "groups",
      LETHE_OIDC_ROLES: "support=privacy-officer",
      LETHE_SESSION_KEY: "5e".repeat(32),
    });
    const follow = (address: string, cookie = "") => fetch(address, { redirect: "manual", headers: { cookie } });
    const begun = await follow(`${withProvider.address}/session/oidc`);
    const [attempt] = (begun.headers.get("set-cookie") ?? "").split(";");
    await follow(begun.headers.get("location") ?? "");
    const back = new URL(provider.sentBack.at(-1) ?? "");
    const done = await follow(withProvider.address + back.pathname + back.search, attempt);
    expect(done.headers.get("location")).toBe("/");
    const cookie =
      done.headers
        .getSetCookie()
        .find((one) => one.startsWith("lethe_session="))
        ?.split(";")[0] ?? "";
    const { body } = await withProvider.call("GET", "/session", undefined, { cookie });
    expect(body.caller).toEqual({ name: expect.stringMatching(/^oidc:[0-9a-f]{16}$/), role: "privacy-officer" });
    const headers = { cookie, "x-csrf-token": body.csrfToken };
    const looked = await withProvider.call("POST", "/lineage", { dataset: "customers", key: "C-1" }, headers);
    expect(looked.status).toBe(200);
    const { rows } = await world.pool.query("select acted_by from privacy.acts where act = 'traced'");
    expect(rows).toEqual([{ acted_by: body.caller.name }]);
    for (const secret of ["jane", "person-7", cookie.slice(14)]) expect(world.logged()).not.toContain(secret);
    await withProvider.stop();
    await provider.stop();
  });
});
