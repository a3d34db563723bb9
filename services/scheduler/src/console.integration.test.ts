import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";
import { CONSOLE_FILES } from "./page-files.js";

const MOST_SCRIPT_BYTES = 150_000;

let world: World;
let scheduler: TestScheduler;
beforeAll(async () => {
  world = await createWorld({ LETHE_API_TOKEN: "a-token-of-some-length" });
  scheduler = await world.start();
});
afterAll(() => world.end());

it("serves the document at / and below /console/, to whoever asks, and has it asked for anew", async () => {
  for (const address of ["/", "/console", "/console/", "/console/runs/anything?x=1"]) {
    const { status, headers, body } = await scheduler.call("GET", address);
    expect([address, status, headers.get("content-type")]).toEqual([address, 200, "text/html; charset=utf-8"]);
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'self';.*frame-ancestors 'none'$/);
    expect(body).toContain('<div id="console">');
  }
});

it("serves its files compressed, to be kept for ever", async () => {
  const { body } = await scheduler.call("GET", "/");
  const named = [...String(body).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address = ""]) => address);
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const address of named) {
    const { status, headers } = await scheduler.call("GET", address, undefined, { "accept-encoding": "br" });
    expect([address, status]).toEqual([address, 200]);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    if (/\.(js|css)$/.test(address)) expect([address, headers.get("content-encoding")]).toEqual([address, "br"]);
  }
});

it.each([
  "/assets/",
  "/assets/absent.js",
  "/assets/../index.html",
  "/assets/..%2f..%2fpackage.json",
  "/assets/%2e%2e/index.html",
  "/assets/.%00/x",
])("serves nothing else: %s", async (address) => {
  const { status } = await scheduler.call("GET", address);
  expect([400, 401, 404]).toContain(status);
});

it("has scripts of less than 150 kB compressed, all pages together", () => {
  const assets = path.join(CONSOLE_FILES, "assets");
  const names = readdirSync(assets).filter((name) => name.endsWith(".js"));
  const bytes = names.reduce((sum, name) => {
    const compressed = path.join(assets, `${name}.br`);
    return sum + (statSync(compressed, { throwIfNoEntry: false })?.size ?? statSync(path.join(assets, name)).size);
  }, 0);
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
});
