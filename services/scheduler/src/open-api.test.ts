import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";
import { BODY_EXAMPLES, QUERY_EXAMPLES } from "./harmless-examples.js";

const FILE = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));

const ID = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";

let app: Awaited<ReturnType<typeof buildOfflineApp>>;
beforeAll(async () => {
  app = await buildOfflineApp();
});
afterAll(() => app.close());

/** `npx vitest run -u -c vitest.unit.config.ts services/scheduler/src/open-api.test.ts` writes the file anew. */
it("docs/openapi.json is what the routes say", async () => {
  await expect(`${JSON.stringify(app.swagger(), undefined, 2)}\n`).toMatchFileSnapshot(FILE);
});

it("describes every route with summary, tag and problems", () => {
  const paths = app.swagger().paths ?? {};
  expect(Object.keys(paths)).not.toEqual([]);
  for (const [path, operations] of Object.entries(paths)) {
    for (const operation of Object.values(operations)) {
      expect(operation, path).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      if (path === "/healthz" || path === "/readyz") continue;
      expect(operation, path).toMatchObject({ responses: { 403: {}, 429: {}, 500: {} } });
      // Who signs in has no token yet.
      if (path.startsWith("/session")) continue;
      expect(operation, path).toMatchObject({ responses: { 401: {}, 503: {} } });
    }
  }
});

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: { readonly "application/json": { readonly example?: unknown } };
  };
}

function operations(): { readonly method: string; readonly url: string; readonly operation: Operation }[] {
  return Object.entries(app.swagger().paths ?? {}).flatMap(([url, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      method: method.toUpperCase(),
      url,
      operation,
    })),
  );
}

function addressOf(url: string): string {
  return url
    .replace("{job}", "products")
    .replace("{quarantineId}", "1")
    .replaceAll(/\{\w+\}/g, ID);
}

it("gives every operation an id of its own, in which nothing stands that a program's name cannot hold", () => {
  const ids = operations().map(({ operation }) => operation.operationId ?? "");
  expect(ids.filter((id) => !/^(?:get|post|put|patch|delete)[A-Z][A-Za-z]*$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain("postJobsByJobRuns");
});

it("gives every body an example that forces nothing, is of nobody, and is no person's word", () => {
  const bodies = operations().filter(({ operation }) => operation.requestBody !== undefined);
  for (const { method, url, operation } of bodies) {
    const example = operation.requestBody?.content["application/json"].example;
    expect(example, `${method} ${url} in harmless-examples.ts`).toBeDefined();
    const text = JSON.stringify(example);
    expect(text, url).not.toContain("true");
    if (text.includes("customerId"))
      expect(example).toMatchObject({ customerId: "000000", email: "nobody@example.invalid" });
  }
  const erasures = operations().find(({ method, url }) => method === "POST" && url === "/erasures");
  expect(erasures?.operation.parameters).toMatchObject([{ name: "dryRun", schema: { example: true } }]);
});

it("gives examples that the routes take", async () => {
  for (const { method, url, operation } of operations()) {
    const example = operation.requestBody?.content["application/json"].example;
    if (example === undefined) continue;
    // As the page sends it: without `dryRun`, a request for erasure would be filed.
    const query = QUERY_EXAMPLES[`${method} ${url}`] === undefined ? "" : "?dryRun=true";
    const answer = await app.inject({
      method: method as "POST",
      url: addressOf(url) + query,
      payload: example as object,
    });
    expect(answer.statusCode, `${method} ${url} ${answer.body}`).not.toBe(400);
  }
});

it("has no example of a route that is gone", () => {
  const urls = operations().map(({ method, url }) => `${method} ${url.replaceAll(/\{(\w+)\}/g, ":$1")}`);
  expect([...Object.keys(BODY_EXAMPLES), ...Object.keys(QUERY_EXAMPLES)].filter((key) => !urls.includes(key))).toEqual(
    [],
  );
});

it("marks a body as optional where nothing of it is required, and then takes none", async () => {
  const optional = operations().filter(({ operation }) => operation.requestBody?.required === false);
  const names = optional.map(({ operation }) => operation.operationId).sort();
  expect(names).toContain("postJobsByJobRuns");
  expect(names).toContain("postQuarantineReplay");
  expect(names).not.toContain("postErasures");
  expect(names).not.toContain("patchSchedulesByJob");
  for (const { method, url } of optional) {
    const address = url
      .replace("{job}", "products")
      .replace("{quarantineId}", "1")
      .replaceAll(/\{\w+\}/g, ID);
    const { statusCode, body } = await app.inject({ method: method as "POST", url: address });
    // There is no database: that nothing was wrong with the request is all that shows here.
    expect([200, 503], `${method} ${address} ${body}`).toContain(statusCode);
  }
  const needed = await app.inject({ method: "POST", url: "/erasures?dryRun=true" });
  expect(needed.statusCode).toBe(400);
});

it("is shown under Lethe's own name and sign", async () => {
  const { body } = await app.inject({ url: "/docs/" });
  expect(body).toContain("<title>Lethe API</title>");
  expect(body).toContain("./static/theme/favicon.svg");
  expect(body).not.toMatch(/<title>Swagger|favicon-32x32/);
  const favicon = await app.inject({ url: "/docs/static/theme/favicon.svg" });
  expect(favicon.headers["content-type"]).toContain("image/svg+xml");
  expect(favicon.body).toContain("<svg");
});
