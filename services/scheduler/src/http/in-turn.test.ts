import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { inTurn, MAX_WAITING } from "./in-turn.js";

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LAST = "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** Starts a server that answers when `answer` is called. Returns the port, and the responses that are under way. */
async function start() {
  const underWay: ServerResponse[] = [];
  const server = createServer(inTurn((_request, response) => void underWay.push(response)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, underWay };
}

function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
  socket.on("error", () => undefined);
  return text(socket).catch(() => "");
}

it("handles the requests of a connection one after another, and answers all", async () => {
  const { port, underWay } = await start();
  const answers = send(port, REQUEST.repeat(MAX_WAITING) + LAST);
  for (let answered = 0; answered <= MAX_WAITING; answered += 1) {
    await expect.poll(() => underWay.length, { interval: 1 }).toBe(1);
    underWay.pop()?.end(String(answered));
  }
  expect((await answers).match(/HTTP\/1\.1 200/g)).toHaveLength(MAX_WAITING + 1);
});

it("ends a connection that sends more without waiting, does nothing of the rest, and keeps the others", async () => {
  const { port, underWay } = await start();
  const other = send(port, LAST);
  await expect.poll(() => underWay.length).toBe(1);
  expect(await send(port, REQUEST.repeat(MAX_WAITING + 2))).toBe("");
  expect(underWay.length).toBe(2);
  for (const response of underWay) response.end();
  expect(await other).toContain("200 OK");
  expect(underWay.length).toBe(2);
});

it("does nothing of what comes after the last answer of a connection", async () => {
  const { port, underWay } = await start();
  const answers = send(port, REQUEST + REQUEST);
  await expect.poll(() => underWay.length).toBe(1);
  underWay[0]?.setHeader("connection", "close").end();
  expect((await answers).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
  expect(underWay.length).toBe(1);
});
