import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allStatuses, declaredOperations, type Operation } from "../test/declared-operations.js";
import { buildOfflineApp } from "../test/offline-app.js";

const TOKEN = "a-token-of-some-length";
const ID = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";

type App = Awaited<ReturnType<typeof buildOfflineApp>>;
let open: App;
let closed: App;
beforeAll(async () => {
  const limits = {
    requests: 0,
    tokenTries: 1,
    bodyBytes: 2_048,
    requestMs: 30_000,
    answerMs: 10_000,
    connections: 1_000,
  };
  open = await buildOfflineApp({ limits });
  closed = await buildOfflineApp({ limits, token: TOKEN });
});
afterAll(async () => {
  await open.close();
  await closed.close();
});

const JSON_TYPE = { "content-type": "application/json" };
const DEEP = `${"[".repeat(900)}${"]".repeat(900)}`;
const PARAMETERS = [
  ID,
  "1",
  "customers",
  "x",
  "%00",
  "a%2Fb",
  "%zz",
  "%C0%AF",
  "%ED%A0%80",
  "9".repeat(40),
  "a".repeat(200),
  "%F0%9F%98%80",
];
const QUERIES = [
  "limit=1&limit=2",
  "limit=9999999999999999999999",
  "limit=-1",
  "limit=1e999",
  "limit[]=1",
  "before=%00",
  "before=x",
  `before=urn:uuid:${ID}`,
  `before=${"9".repeat(4_000)}`,
  "after=9007199254740993",
  "after=1.5",
  "after=NaN",
  "job=suppliers",
  "state=unheard-of",
  "__proto__=1",
  "constructor[prototype][x]=1",
  "x=%zz",
  "x=%ED%A0%80",
  "%ff",
  "&&=&",
];
const BODIES: readonly InjectOptions[] = [
  { headers: JSON_TYPE, payload: "" },
  { headers: JSON_TYPE, payload: "{}" },
  { headers: JSON_TYPE, payload: "{" },
  { headers: JSON_TYPE, payload: "null" },
  { headers: JSON_TYPE, payload: "[]" },
  { headers: JSON_TYPE, payload: DEEP },
  { headers: JSON_TYPE, payload: '{"__proto__":{"admin":true}}' },
  { headers: JSON_TYPE, payload: '{"constructor":{"prototype":{"admin":true}}}' },
  { headers: JSON_TYPE, payload: '{"note":"a\\u0000b","reason":"a\\u0000b"}' },
  { headers: JSON_TYPE, payload: '{"note":"\\ud800","reason":"\\ud800"}' },
  { headers: JSON_TYPE, payload: Buffer.from([0x7b, 0xff, 0x7d]) },
  { headers: JSON_TYPE, payload: "x".repeat(3_000) },
  { headers: { "content-type": "application/json; charset=utf-16" }, payload: "{}" },
  { headers: { ...JSON_TYPE, "content-encoding": "gzip" }, payload: "{}" },
  { headers: { "content-type": "text/plain" }, payload: "{}" },
  { headers: { "content-type": "nonsense" }, payload: "{}" },
  { payload: "{}" },
];

/** What is wrong with a request beside its parameters. */
const ODD: readonly InjectOptions[] = [
  {},
  ...BODIES,
  { headers: { host: "example.org" } },
  { headers: { "sec-fetch-site": "cross-site" } },
  { headers: { authorization: "Bearer " } },
];

function fill(path: string, parameter: string): string {
  return path.replace(/\{[^}]+\}/g, () => parameter);
}

async function ask(app: App, { method, path }: Operation, parameter: string, query: string, odd: InjectOptions) {
  const url = `${fill(path, parameter)}${query === "" ? "" : `?${query}`}`;
  return app.inject({
    ...odd,
    method: method as "GET",
    url,
    headers: { host: "localhost", ...odd.headers },
  });
}

describe("every status that comes is declared", () => {
  it.each(declaredOperations())("by $method $path", async (operation) => {
    const found = new Set<number>();
    const note = async (...request: Parameters<typeof ask>) => {
      const answer = await ask(...request);
      found.add(answer.statusCode);
      if (answer.statusCode < 400) return;
      // Nothing but a missing database is anybody's fault but the caller's; `/readyz` has its own form.
      expect(answer.statusCode, answer.body).not.toBe(500);
      if (operation.path === "/readyz" && answer.statusCode === 503) return;
      expect(answer.headers["content-type"]).toContain("application/problem+json");
      expect(answer.json()).toMatchObject({ status: answer.statusCode, code: expect.stringMatching(/^[a-z_]+$/) });
    };
    const usual = operation.path.includes("{job}") ? "customers" : operation.path.includes("quarantineId") ? "1" : ID;
    for (const odd of ODD) await note(open, operation, usual, "", odd);
    for (const query of QUERIES) await note(open, operation, usual, query, {});
    if (operation.path.includes("{"))
      for (const parameter of PARAMETERS) await note(open, operation, parameter, "", {});
    await note(closed, operation, usual, "", {});
    await note(closed, operation, usual, "", { headers: { authorization: "Bearer wrong" } });
    await note(closed, operation, usual, "", { headers: { authorization: `Bearer ${TOKEN}` } });
    expect([...found].filter((status) => !operation.statuses.includes(status))).toEqual([]);
  });

  it("and a status that no request brings about is declared nowhere but for good reason", () => {
    // 408, 417 and 431 come from the connection, 500 from a fault; sockets.test.ts and slow-clients.integration.test.ts show them.
    expect(allStatuses().filter((status) => status >= 400)).toEqual([
      400, 401, 403, 404, 408, 409, 413, 414, 415, 417, 421, 429, 431, 500, 503,
    ]);
  });
});

describe("methods", () => {
  /** An answer that goes on until something ends has no HEAD, nor has one that is recorded as a look: a HEAD shows nothing. */
  const WITHOUT_HEAD = new Set(["/runs/{id}/events", "/quarantine/{quarantineId}", "/requests/{id}/comparison"]);

  it.each(declaredOperations())("that $path does not know are refused with those that it knows", async ({ path }) => {
    const known = declaredOperations()
      .filter((one) => one.path === path)
      .map(({ method }) => method);
    const hasHead = known.includes("GET") && !WITHOUT_HEAD.has(path);
    const allow = [...known, ...(hasHead ? ["HEAD"] : []), "OPTIONS"].sort();
    const url = fill(path, ID);
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH", "OPTIONS"] as const) {
      const isKnown = allow.includes(method);
      if (isKnown && method !== "OPTIONS") continue;
      const answer = await open.inject({ method, url, headers: { host: "localhost" } });
      expect(answer.statusCode, method).toBe(isKnown ? 204 : 405);
      expect(String(answer.headers.allow).split(", ").sort()).toEqual(allow);
      if (!isKnown && method !== "HEAD") expect(answer.json()).toMatchObject({ code: "method_not_allowed" });
      expect((await closed.inject({ method, url, headers: { host: "localhost" } })).statusCode).toBe(401);
    }
  });

  it("are known for HEAD where they are for GET, without a body", async () => {
    const answer = await open.inject({ method: "HEAD", url: "/healthz", headers: { host: "localhost" } });
    expect([answer.statusCode, answer.body]).toEqual([200, ""]);
  });
});

describe("what an error says", () => {
  const get = async (url: string) => (await open.inject({ url, headers: { host: "localhost" } })).json();

  it("lists the values of an enumeration, and never the one that was sent", async () => {
    const { detail } = await get("/runs?kind=unheard-of");
    expect(detail).toContain("querystring/kind must be one of files, ");
    expect(detail).not.toContain("unheard-of");
    const { code, detail: ofName } = (
      await open.inject({ method: "POST", url: "/jobs/custmers/runs", headers: { host: "localhost" } })
    ).json();
    expect([code, ofName]).toEqual([
      "not_found",
      "params/job must be one of customers, products, transactions, erasure-requests",
    ]);
  });

  it("names a query that a route does not have, and a body that it does not take", async () => {
    expect(await get("/quarantine/counts?dataset=customers")).toMatchObject({ status: 400, code: "input_invalid" });
    const answer = await open.inject({
      method: "POST",
      url: `/runs/${ID}/cancel`,
      headers: { host: "localhost", ...JSON_TYPE },
      payload: { force: true },
    });
    expect(answer.json()).toMatchObject({ status: 400, code: "body_unexpected" });
  });
});
