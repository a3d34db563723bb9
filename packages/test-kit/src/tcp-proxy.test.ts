import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.js";

let proxy: TcpProxy;
let stopServer: () => Promise<void>;
/** The server's ends of the connections, oldest first. */
let accepted: Socket[];

beforeEach(async () => {
  accepted = [];
  const echo = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(echo, "listening");
  stopServer = async () => {
    for (const socket of accepted) socket.destroy();
    const closed = once(echo, "close");
    echo.close();
    await closed;
  };
  const address = echo.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  proxy = await startTcpProxy(address.port);
});

afterEach(async () => {
  await proxy.stop();
  await stopServer();
});

test("passes bytes of any amount both ways, in order, and the end after them", async () => {
  const client = await open();
  const sent = Buffer.alloc(4 * 1024 * 1024, "0123456789");
  client.end(sent);
  expect((await readToEnd(client)).equals(sent)).toBe(true);
});

test("a cut drops both ends of open connections, and refuses new ones until restored on the same port", async () => {
  const client = await open();
  await echoed(client, "before");
  const clientLost = errorOf(client);
  const serverLost = new Promise((resolve) => accepted[0]?.once("close", resolve));
  const { port } = proxy;
  await proxy.cut();
  expect(await clientLost).toBe("ECONNRESET");
  await serverLost;
  expect(await errorOf(connect(port, "127.0.0.1"))).toBe("ECONNREFUSED");

  await proxy.restore();
  expect(proxy.port).toBe(port);
  expect(await echoed(await open(), "after")).toBe("after");
});

test("a slow network delays every chunk each way, and keeps their order when it gets faster", async () => {
  const client = await open();
  await echoed(client, "warm");
  proxy.slow(100);
  const start = performance.now();
  const answer = readToEnd(client);
  client.write("a");
  await once(accepted[0] as Socket, "data");
  proxy.slow(0);
  client.end("b");
  expect((await answer).toString()).toBe("ab");
  // Only the way there was slow for "a"; timers may fire a millisecond early.
  expect(performance.now() - start).toBeGreaterThanOrEqual(99);
});

test("a chunk that is on its way when the network gets faster is not overtaken", async () => {
  const client = await open();
  await echoed(client, "warm");
  const answer = readToEnd(client);
  proxy.slow(50);
  client.write("slow ");
  // A second connection's echo takes 100 ms here: by then the first chunk is held by the proxy.
  await echoed(await open(), "ping");
  proxy.slow(0);
  client.end("fast");
  expect((await answer).toString()).toBe("slow fast");
});

test("a half-open network answers nothing: no byte, no end, no error, on open connections as on new ones", async () => {
  const before = await open();
  await echoed(before, "warm");
  proxy.halfOpen();
  const after = await open();
  const heard: string[] = [];
  for (const client of [before, after]) {
    for (const event of ["data", "end", "error", "close"]) client.on(event, () => heard.push(event));
  }
  await Promise.all([before, after].map((client) => flushed(client, "anybody there?")));
  // The server's end goes nowhere either.
  const serverEnd = accepted[0] as Socket;
  serverEnd.end();
  await once(serverEnd, "finish");
  // A round trip through another proxy to the same server: longer than an answer would have taken.
  const other = await startTcpProxy(targetPort());
  await echoed(await open(other.port), "a round trip");
  await other.stop();
  expect(heard).toEqual([]);
  // The connection from before, and the other proxy's; the new one never reached the server.
  expect(accepted).toHaveLength(2);

  const lost = [before, after].map((client) => errorOf(client));
  await proxy.restore();
  expect(await Promise.all(lost)).toEqual(["ECONNRESET", "ECONNRESET"]);
  expect(await echoed(await open(), "again")).toBe("again");
});

test("a forgotten connection ends towards the server at once, and the client learns of it when it sends something", async () => {
  const [client, other] = [await open(), await open()];
  for (const one of [client, other]) await echoed(one, "warm");
  const serverEnd = accepted[0] as Socket;
  const serverLost = once(serverEnd, "close");
  const heard: string[] = [];
  for (const event of ["data", "end", "error", "close"]) client.on(event, () => heard.push(event));
  proxy.forget([serverEnd.remotePort as number]);
  await serverLost;
  // Another connection goes on, and its round trip takes longer than a reset would have.
  expect(await echoed(other, "still there")).toBe("still there");
  expect(heard).toEqual([]);

  const lost = errorOf(client);
  client.write("anybody there?");
  expect(await lost).toBe("ECONNRESET");
});

test("a server that is not there resets the client", async () => {
  const client = await open();
  await echoed(client, "warm");
  await stopServer();
  stopServer = async () => undefined;
  expect(await errorOf(connect(proxy.port, "127.0.0.1"))).toBe("ECONNRESET");
});

function targetPort(): number {
  const port = accepted[0]?.localPort;
  if (port === undefined) throw new TypeError("a connection is open");
  return port;
}

async function open(port = proxy.port): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.on("error", () => undefined);
  return socket;
}

async function flushed(socket: Socket, text: string): Promise<void> {
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [chunk] = (await once(socket, "data")) as [Buffer];
  return chunk.toString();
}

async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks);
}

async function errorOf(socket: Socket): Promise<string | undefined> {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once("error", resolve));
  return error.code;
}
