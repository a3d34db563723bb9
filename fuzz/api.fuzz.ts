import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { createWorld, type TestScheduler, type World } from "../services/scheduler/test/scheduler-fixture.js";
import { fuzz } from "./harness/fuzz.js";
import { anyText } from "./harness/inputs.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());

/** Stands in every value that is sent, and so may stand in no answer that is an error. */
const MARK = "zq7value";

interface Route {
  readonly method: string;
  readonly path: string;
}

const routes: Route[] = Object.entries<Record<string, object>>(
  JSON.parse(readFileSync(new URL("../docs/openapi.json", import.meta.url), "utf8")).paths,
).flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })));

const NAMES = [
  "from",
  "to",
  "force",
  "job",
  "state",
  "before",
  "after",
  "limit",
  "dataset",
  "reason",
  "status",
  "runId",
];
const OTHERS = ["cron", "timezone", "enabled", "customerId", "email", "note", "ids", "dryRun", "__proto__", "x"];
const name = fc.oneof(fc.constantFrom(...NAMES, ...OTHERS), anyText);
// Half a surrogate pair cannot be sent: UTF-8 has none.
const marked = anyText.map((text) => MARK + Buffer.from(text).toString());
const value = fc.oneof(
  marked,
  fc.constantFrom<unknown>(
    "customers",
    "open",
    "schema",
    "2020-01-31",
    "013000",
    "jane@example.org",
    "0 * * * *",
    "UTC",
  ),
  fc.constantFrom<unknown>(
    1,
    0,
    -1,
    1e308,
    true,
    null,
    "",
    [],
    {},
    "9".repeat(30),
    "00000000-0000-4000-8000-000000000000",
  ),
  fc.array(marked, { maxLength: 2 }),
);
const body = fc.oneof(
  fc.array(fc.tuple(name, value), { maxLength: 4 }).map((fields) => JSON.stringify(Object.fromEntries(fields))),
  fc.jsonValue().map((json) => JSON.stringify(json)),
  marked,
);
const parameter = fc.oneof(
  fc.constantFrom("customers", "erasure-requests", "1", "00000000-0000-4000-8000-000000000000", "..", "%2e%2e"),
  marked.map((text) => encodeURIComponent(text)),
);
const query = fc
  .array(fc.tuple(name, value), { maxLength: 3 })
  .map((fields) => new URLSearchParams(fields.map(([key, of]): [string, string] => [key, String(of)])).toString());
const contentType = fc.constantFrom(
  "application/json",
  "application/json; charset=latin1",
  "text/plain",
  "multipart/form-data",
);

interface Request extends Route {
  readonly query: string;
  readonly body: string;
  readonly parameters: readonly string[];
  readonly contentType: string;
}

const request: fc.Arbitrary<Request> = fc
  .tuple(fc.constantFrom(...routes), query, body, fc.array(parameter, { minLength: 3, maxLength: 3 }), contentType)
  .map(([route, ...rest]) => ({ ...route, query: rest[0], body: rest[1], parameters: rest[2], contentType: rest[3] }));

describe("the API", () => {
  fuzz("every route", 0.1, request, async (sent) => {
    let next = 0;
    const path = sent.path.replace(/\{[^}]+\}/g, () => sent.parameters[next++] ?? "x");
    const hasBody = sent.method !== "GET";
    const answer = await fetch(`${api.address}${path}${sent.query === "" ? "" : `?${sent.query}`}`, {
      method: sent.method,
      redirect: "manual",
      ...(hasBody && { body: sent.body, headers: { "content-type": sent.contentType } }),
    });
    const text = await answer.text();
    expect(answer.status).toBeLessThan(500);
    if (answer.status < 400) return;
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(JSON.parse(text)).toMatchObject({
      status: answer.status,
      code: expect.any(String),
      title: expect.any(String),
    });
    expect(text).not.toContain(MARK);
  });
});
