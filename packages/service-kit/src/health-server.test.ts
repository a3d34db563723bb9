import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { Gauge, Registry } from "prom-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startHealthServer } from "./health-server.js";

let address: string;
let server: Awaited<ReturnType<typeof startHealthServer>>;
let asked = 0;
let collected = 0;
let isReady = true;

beforeAll(async () => {
  const registry = new Registry();
  const gauge: Gauge = new Gauge({
    name: "things",
    help: "Things",
    registers: [registry],
    collect: () => void gauge.set(++collected),
  });
  const checks = {
    async database() {
      asked += 1;
      if (!isReady) throw new Error("away");
    },
  };
  server = await startHealthServer(0, checks, () => [], registry);
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

it("costs what it asks no more than one question a second, however many ask", async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => fetch(address + (n % 2 === 0 ? "/readyz" : "/metrics?x=1"))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect([asked, collected]).toEqual([1, 1]);
  isReady = false;
  await expect.poll(async () => (await fetch(`${address}/readyz`)).status, { timeout: 3_000 }).toBe(503);
  expect(asked).toBe(2);
});

it.each([
  ["GET", "/healthz", 200],
  ["HEAD", "/healthz", 200],
  ["POST", "/metrics", 405],
  ["OPTIONS", "/readyz", 405],
  ["GET", "/nothing", 404],
  ["GET", "/__proto__", 404],
  ["GET", "/%00", 404],
])("answers %s %s with %i", async (method, path, status) => {
  const answer = await fetch(address + path, { method });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("allow")).toBe(status === 405 ? "GET, HEAD" : null);
});

it.each(["/healthz", "/readyz", "/metrics"])("shows %s under no name of another site", async (path) => {
  const status = await new Promise((resolve, reject) => {
    const asking = request(address + path, { headers: { host: "rebound.example.org" } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asking.on("error", reject).end();
  });
  expect(status).toBe(421);
});
