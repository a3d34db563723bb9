import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";

const FILE = fileURLToPath(new URL("../../../docs/openapi.json", import.meta.url));

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
  expect(Object.keys(paths)).toHaveLength(59);
  for (const [path, operations] of Object.entries(paths)) {
    for (const operation of Object.values(operations)) {
      expect(operation, path).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      if (path === "/healthz" || path === "/readyz") continue;
      expect(operation, path).toMatchObject({ responses: { 401: {}, 403: {}, 429: {}, 500: {}, 503: {} } });
    }
  }
});
