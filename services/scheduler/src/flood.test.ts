import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";

// A machine with much else to do takes its time; what is tested is the order of the work.
vi.setConfig({ testTimeout: 30_000 });

const CONNECTIONS = 100;
const REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LAST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

let app: Awaited<ReturnType<typeof buildOfflineApp>>;
let port: number;
/** Requests that were handled. */
let handled = 0;
beforeAll(async () => {
  const limits = { requests: 0, tokenTries: 20, bodyBytes: 65_536, requestMs: 30_000, answerMs: 10_000 };
  app = await buildOfflineApp({ limits: { ...limits, connections: CONNECTIONS } });
  app.server.prependListener("request", () => {
    handled += 1;
  });
  port = Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterAll(() => app.close());

function open(): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function askOnce(): Promise<string> {
  const socket = open();
  socket.write(LAST);
  return text(socket);
}

it("reads of a connection no more than is answered, and answers all of it", async () => {
  const socket = open();
  const before = handled;
  socket.write(REQUEST.repeat(400) + LAST);
  await expect.poll(() => handled, { interval: 1 }).toBeGreaterThan(before);
  // Node alone would have read all by now.
  expect(handled - before).toBeLessThan(200);
  expect((await text(socket)).match(/HTTP\/1\.1 200/g)).toHaveLength(401);
});

it("answers one who comes while thirty send without waiting, and come back as soon as they are ended", async () => {
  let isOver = false;
  let returns = 0;
  const flood = () => {
    const socket = open();
    socket.write(REQUEST.repeat(1_600));
    socket.resume();
    // As one who finds the connection useless gives up on it, and comes back.
    socket.once("data", () => socket.resetAndDestroy());
    socket.once("close", () => {
      returns += 1;
      if (!isOver) flood();
    });
  };
  onTestFinished(() => {
    isOver = true;
  });
  for (let i = 0; i < 30; i += 1) flood();
  await expect.poll(() => returns, { timeout: 20_000 }).toBeGreaterThan(60);
  const handledBefore = handled;
  expect(await askOnce()).toContain('{"status":"ok"}');
  // What counts is how much is done before a newcomer's request; the time of that depends on the machine.
  expect(handled - handledBefore).toBeLessThan(2_000);
});

it("answers one who comes when connections at rest have all the places of the network", async () => {
  const resting = Array.from({ length: CONNECTIONS }, open);
  const ends = resting.map((socket) => new Promise((resolve) => socket.resume().once("close", resolve)));
  expect(await askOnce()).toContain('{"status":"ok"}');
  await Promise.race(ends);
  expect(resting.filter(({ destroyed }) => !destroyed).length).toBeGreaterThan(0);
});

it("takes a body that is larger than a slice, behind another request too", async () => {
  const body = JSON.stringify({ from: "x".repeat(40_000) });
  const post = `POST /jobs/customers/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const socket = open();
  socket.write(REQUEST + post + LAST);
  expect([...(await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
    "200",
    "400",
    "200",
  ]);
});
