import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";

const TOKEN = "a-token-of-some-length";
const NAMED = `lethe_${"0".repeat(16)}_${"A".repeat(43)}`;
const LIMITS = {
  requests: 0,
  tokenTries: 20,
  bodyBytes: 2_048,
  requestMs: 30_000,
  answerMs: 10_000,
  connections: 1_000,
};

const opened: Awaited<ReturnType<typeof buildOfflineApp>>[] = [];
afterAll(async () => {
  for (const app of opened.splice(0)) await app.close();
});

/** Starts the API and returns its port. */
async function listen(changes: Parameters<typeof buildOfflineApp>[0]): Promise<number> {
  const app = await buildOfflineApp({ limits: LIMITS, ...changes });
  opened.push(app);
  return Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
}

/** Sends bytes on one connection and returns everything that comes until the server closes it. */
function send(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.from(bytes, "latin1")));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}

function statuses(answers: string): number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
}

function count(all: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const one of all) counts[one] = (counts[one] ?? 0) + 1;
  return counts;
}

function request(token: string, more = ""): string {
  return `GET /docs/json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`;
}
const LAST = "Connection: close\r\n";

describe("guesses of a token at once", () => {
  it.each([
    ["of the settings", "wrong-token-of-some-length", 401],
    ["of a name, while the database is away", NAMED, 503],
  ])("count as they arrive, pipelined on one connection: one %s", async (_which, guess, refusal) => {
    const port = await listen({ token: TOKEN });
    const answers = statuses(await send(port, request(guess).repeat(99) + request(TOKEN, LAST)));
    expect(count(answers)).toEqual({ [refusal]: 20, 429: 80 });
    expect(answers.at(-1)).toBe(429);
    expect(statuses(await send(port, request(TOKEN, LAST)))).toEqual([429]);
  });

  it("count as they arrive, on many connections", async () => {
    const port = await listen({ token: TOKEN });
    const guesses = Array.from({ length: 60 }, () => send(port, request("wrong-token-of-some-length", LAST)));
    expect(count((await Promise.all(guesses)).flatMap(statuses))).toEqual({ 401: 20, 429: 40 });
    expect(statuses(await send(port, request(TOKEN, LAST)))).toEqual([429]);
  });

  it("shut nobody out who shows the right one, however often at once", async () => {
    const port = await listen({ token: TOKEN });
    const answers = await send(port, request(TOKEN).repeat(99) + request(TOKEN, LAST));
    expect(count(statuses(answers))).toEqual({ 200: 100 });
  });
});

describe("what a socket can send", () => {
  const CLOSE = "Connection: close\r\n";
  let port: number;
  beforeAll(async () => {
    port = await listen({});
  });

  it("is answered once, and nothing out of its turn", async () => {
    const whole = `GET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    // The first is at work still when what follows turns out to be nothing.
    expect(statuses(await send(port, `${whole}nonsense\r\n\r\n`))).not.toContain(400);
    expect(statuses(await send(port, "nonsense\r\n\r\n"))).toEqual([400]);
    // Refused before its body has come, which then turns out to be broken.
    const refused = "POST /runs/x/cancel HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(statuses(await send(port, `${refused}zz\r\n`))).toEqual([421]);
  });

  it.each<[string, string, number]>([
    ["two lengths", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400],
    [
      "a length and chunks",
      "POST /jobs/customers/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["an unknown coding", `GET /runs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: x\r\n${CLOSE}\r\n`, 400],
    [
      "a broken chunk",
      "POST /jobs/customers/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
        `Transfer-Encoding: chunked\r\n${CLOSE}\r\nzz\r\n`,
      400,
    ],
    ["no Host", `GET /runs HTTP/1.1\r\n${CLOSE}\r\n`, 400],
    ["two Hosts", `GET /runs HTTP/1.1\r\nHost: localhost\r\nHost: example.org\r\n${CLOSE}\r\n`, 400],
    ["the same Host twice", `GET /runs HTTP/1.1\r\nHost: localhost\r\nhOST: localhost\r\n${CLOSE}\r\n`, 400],
    ["another Host", `GET /runs HTTP/1.1\r\nHost: example.org\r\n${CLOSE}\r\n`, 421],
    ["another Host for health", `GET /readyz HTTP/1.1\r\nHost: example.org\r\n${CLOSE}\r\n`, 421],
    ["another Host for figures", `GET /metrics HTTP/1.1\r\nHost: example.org\r\n${CLOSE}\r\n`, 421],
    ["an IPv6 literal", `GET /healthz HTTP/1.1\r\nHost: [::1]:8080\r\n${CLOSE}\r\n`, 200],
    ["a Host in capitals with a dot", `GET /healthz HTTP/1.1\r\nHost: LOCALHOST.:8080\r\n${CLOSE}\r\n`, 200],
    ["another whole address", `GET http://example.org/healthz HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 400],
    ["another site's", `GET http://example.org/healthz HTTP/1.1\r\nHost: example.org\r\n${CLOSE}\r\n`, 421],
    ["no Host in HTTP/1.0", `GET /healthz HTTP/1.0\r\n${CLOSE}\r\n`, 421],
    ["its own whole address", `GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 200],
    ["no path", `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 204],
    ["a NUL in the path", `GET /runs\0 HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 400],
    ["a NUL in a header", `GET /runs HTTP/1.1\r\nHost: localhost\r\nX: \0\r\n${CLOSE}\r\n`, 400],
    ["a raw byte in the path", `GET /runs/\xff HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 400],
    ["a bare line feed", `GET /runs HTTP/1.1\nHost: localhost\n${CLOSE}\n`, 400],
    ["a folded header", `GET /runs HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n${CLOSE}\r\n`, 400],
    ["an unknown method", `BREW /runs HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 400],
    ["a method that few know", `PROPFIND /runs HTTP/1.1\r\nHost: localhost\r\n${CLOSE}\r\n`, 405],
    ["another version", `GET /runs HTTP/3.0\r\nHost: localhost\r\n${CLOSE}\r\n`, 400],
    [
      "chunks in HTTP/1.0",
      "POST /jobs/customers/runs HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["what asks a proxy", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    [
      "a body that is announced by a stranger",
      "POST /jobs/customers/runs HTTP/1.1\r\nHost: example.org\r\nContent-Type: application/json\r\n" +
        `Content-Length: 2\r\nExpect: 100-continue\r\n${CLOSE}\r\n`,
      421,
    ],
    ["many headers", `GET /runs HTTP/1.1\r\n${"X: 1\r\n".repeat(100)}Host: localhost\r\n${CLOSE}\r\n`, 431],
    ["an expectation", `GET /runs HTTP/1.1\r\nHost: localhost\r\nExpect: coffee\r\n${CLOSE}\r\n`, 417],
    [
      "an upgrade",
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n",
      200,
    ],
    ["large headers", `GET /runs HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  ])("%s is answered as it should be", async (_what, bytes, status) => {
    const answer = await send(port, bytes);
    expect(statuses(answer)).toEqual([status]);
    if (status >= 400) expect(answer).toMatch(/content-type: application\/problem\+json/i);
  });
});
