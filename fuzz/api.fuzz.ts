import { request as ask } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { declaredOperations, type Operation } from "../services/scheduler/test/declared-operations.js";
import { createWorld, type TestScheduler, type World } from "../services/scheduler/test/scheduler-fixture.js";
import { fuzz } from "./harness/fuzz.js";
import { anyText } from "./harness/inputs.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off", LETHE_RATE_LIMIT: "0" });
});
afterAll(() => world.end());

/** Stands in every value that is sent, and so may stand in no answer that is an error. */
const MARK = "zq7value";

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
  fc.constantFrom("%00", "%2F", "%5C", "%zz", "%C0%AF", "%ED%A0%80", "%", "9".repeat(20), "x".repeat(130), ";", "$1"),
  marked.map((text) => encodeURIComponent(text)),
);
const query = fc.oneof(
  fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map((fields) => new URLSearchParams(fields.map(([key, of]): [string, string] => [key, String(of)])).toString()),
  fc
    .tuple(
      fc.constantFrom(...NAMES),
      fc.constantFrom("%00", "%zz", "%ED%A0%80", "1e3", "0x1", "9".repeat(40), "-1", "1.5"),
    )
    .map(([key, of]) => `${key}=${of}`),
  fc.constantFrom("limit=1&limit=2", "job=customers&job=products", "__proto__[x]=1", "&&", "=", "limit[]=1"),
);
const contentType = fc.constantFrom(
  "application/json",
  "application/json",
  "application/json; charset=latin1",
  "text/plain",
  "multipart/form-data",
);

interface Request extends Operation {
  readonly query: string;
  readonly body: string;
  readonly parameters: readonly string[];
  readonly contentType: string;
}

const request: fc.Arbitrary<Request> = fc
  .tuple(
    fc.constantFrom(...declaredOperations()),
    query,
    body,
    fc.array(parameter, { minLength: 3, maxLength: 3 }),
    contentType,
  )
  .map(([route, ...rest]) => ({ ...route, query: rest[0], body: rest[1], parameters: rest[2], contentType: rest[3] }));

describe("the API", () => {
  fuzz("every route", 0.1, request, async (sent) => {
    let next = 0;
    const path = sent.path.replace(/\{[^}]+\}/g, () => sent.parameters[next++] ?? "x");
    // A body where none is taken, now and then.
    const hasBody = sent.method !== "GET" || sent.body.length % 4 === 0;
    const { status, type, text } = await send(api.address, {
      method: sent.method,
      path: `${path}${sent.query === "" ? "" : `?${sent.query}`}`,
      ...(hasBody && { body: sent.body, contentType: sent.contentType }),
    });
    expect(status).toBeLessThan(500);
    // A parameter such as `..` may make it another address.
    if (status !== 405) expect(sent.statuses).toContain(status);
    if (status < 400) return;
    expect(type).toContain("application/problem+json");
    expect(JSON.parse(text)).toMatchObject({
      status,
      code: expect.any(String),
      title: expect.any(String),
    });
    expect(text).not.toContain(MARK);
  });
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

/** Sends a request as it is, where `fetch` would tidy its address. */
function send(
  address: string,
  { method, path, body, contentType: type }: Sent,
): Promise<{ status: number; type: string; text: string }> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const asking = ask({ hostname, port, method, path, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          type: answer.headers["content-type"] ?? "",
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asking.on("error", reject);
    if (type !== undefined) asking.setHeader("content-type", type);
    // Node gives the body of a GET no length by itself.
    if (body !== undefined) asking.setHeader("content-length", Buffer.byteLength(body));
    asking.end(body);
  });
}
