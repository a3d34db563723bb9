import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { Gauge, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
  server = await startHealthServer({ host: "127.0.0.1", port: 0 }, checks, () => [], registry);
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

describe("on an address that other machines reach", () => {
  const TOKEN = "a-token-of-sixteen-characters";
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  // A machine without a network has no other machine either: 127.0.0.1 then takes its place, under another name.
  const asOther = others === undefined ? { host: "rebound.example.org" } : {};
  let open: Awaited<ReturnType<typeof startHealthServer>>;
  let url: string;
  beforeAll(async () => {
    open = await startHealthServer({ host: "0.0.0.0", port: 0, token: TOKEN }, {}, () => [], new Registry());
    url = `http://${others ?? "127.0.0.1"}:${(open.address() as AddressInfo).port}`;
  });
  afterAll(() => open.close());

  it.each([
    [undefined, others === undefined ? 421 : 401],
    [`Bearer ${TOKEN}`, 200],
    [`bearer  ${TOKEN}`, 200],
    [`Bearer ${TOKEN}x`, others === undefined ? 421 : 401],
    ["Bearer ", others === undefined ? 421 : 401],
    [TOKEN, others === undefined ? 421 : 401],
  ])("answers a caller that shows %s with %i", async (authorization, status) => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...asOther, ...(authorization !== undefined && { authorization }) };
      const asking = request(`${url}/metrics`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asking.on("error", reject).end();
    });
    expect(answer).toBe(status);
  });

  it("asks a caller of the machine itself for none", async () => {
    const { port } = open.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
  });

  it("does not start without a token", async () => {
    const start = startHealthServer({ host: "0.0.0.0", port: 0 }, {}, () => [], new Registry());
    await expect(start).rejects.toThrow("LETHE_METRICS_TOKEN");
  });
});
