import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { RunEvent } from "@lethe/contracts/run-events";
import { openTestPlace, type TestPlace } from "@lethe/test-kit/test-place";
import { createApiToken, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import { cancelRun } from "@lethe/warehouse/ledger/change-run";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addBatch, addRun } from "../../../packages/warehouse/test/ledger-rows.js";
import { buildOfflineApp } from "../test/offline-app.js";

let place: TestPlace;
beforeAll(async () => {
  place = await openTestPlace();
});
afterAll(() => place.close());

type App = Awaited<ReturnType<typeof buildOfflineApp>>;
let app: App;
let address: string;
const LIMITS = {
  requests: 0,
  tokenTries: 20,
  bodyBytes: 2_048,
  requestMs: 30_000,
  answerMs: 10_000,
  connections: 1_000,
};
const STREAMS = { heartbeatMs: 100, recheckMs: 100 };

async function listen(changes: Parameters<typeof buildOfflineApp>[0] = {}): Promise<void> {
  app = await buildOfflineApp({ pool: place.pool, limits: LIMITS, streams: STREAMS, ...changes });
  address = await app.listen({ port: 0, host: "127.0.0.1" });
}
beforeEach(() => listen());
afterEach(async () => {
  await app.close();
  await place.pool.query("truncate ledger.runs cascade");
});

interface Message {
  /** Undefined for a comment. */
  readonly event?: string;
  readonly data: string;
}

interface Listening {
  readonly response: IncomingMessage;
  /** Returns the next message of this event; a comment where it is undefined. Throws when the answer ends before. */
  next(event?: string): Promise<string>;
  /** Reads to the end of the answer, and returns the events that came. */
  rest(): Promise<string[]>;
  /** Ends the connection, as a browser does when its page is closed. */
  stop(): void;
}

async function follow(runId: string, headers: Record<string, string> = {}): Promise<Listening> {
  const asked = get(`${address}/runs/${runId}/events`, { headers, agent: false });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const messages = messagesOf(response);
  return {
    response,
    async next(event) {
      for (;;) {
        const { value, done } = await messages.next();
        if (done === true) throw new Error(`the answer ended before ${event ?? "a comment"} came`);
        if (value.event === event) return value.data;
      }
    },
    async rest() {
      const events: string[] = [];
      for await (const { event } of messages) if (event !== undefined) events.push(event);
      return events;
    },
    stop: () => void asked.destroy(),
  };
}

async function* messagesOf(response: IncomingMessage): AsyncGenerator<Message> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response as AsyncIterable<string>) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const event = field("event");
      yield event === undefined ? { data: lines.join("\n") } : { event, data: field("data") ?? "" };
    }
  }
}

async function nextRun(listening: Listening): Promise<RunEvent> {
  return JSON.parse(await listening.next("run"));
}

describe("GET /runs/:id/events", () => {
  it("shows the run at once, at each change, and then its end", async () => {
    const runId = await addRun(place.pool);
    const listening = await follow(runId);
    expect(listening.response.headers["content-type"]).toBe("text/event-stream");
    expect(listening.response.headers["cache-control"]).toBe("no-store");
    expect(await nextRun(listening)).toMatchObject({
      id: runId,
      state: "processing",
      notices: [],
      progress: { batches: { done: 0, total: 0 }, rowsLoaded: 0, rowsPerSecond: 0, secondsLeft: null },
    });
    await addBatch(place.pool, runId, { state: "loaded", records_in: 3, records_loaded: 2, records_rejected: 1 });
    expect(await nextRun(listening)).toMatchObject({ records: { loaded: 2 }, progress: { batches: { done: 1 } } });
    await cancelRun(place.pool, runId);
    expect(await listening.rest()).toEqual(expect.arrayContaining(["run", "end"]));
  });

  it("ends at once for a run that has closed", async () => {
    const listening = await follow(await addRun(place.pool, { state: "failed" }));
    expect(await listening.rest()).toEqual(["run", "end"]);
  });

  it("goes on for longer than any other answer may take, with a comment now and then", async () => {
    const answerMs = 1_000;
    await app.close();
    await listen({ limits: { ...LIMITS, answerMs } });
    const listening = await follow(await addRun(place.pool));
    const begun = performance.now();
    await listening.next("run");
    while (performance.now() - begun < 2 * answerMs) expect(await listening.next()).toBe(": heartbeat");
    listening.stop();
  });

  it("looks at the ledger once a second for all who listen, and not any more when all have gone", async () => {
    const runId = await addRun(place.pool);
    let looks = 0;
    const pool = new Proxy(place.pool, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "query") return value.bind(target);
        return (query: unknown, ...values: unknown[]) => {
          if ((query as { name?: string }).name === "read run") looks += 1;
          return value.call(target, query, ...values);
        };
      },
    });
    await app.close();
    await listen({ pool });
    const all = await Promise.all(Array.from({ length: 20 }, () => follow(runId)));
    await Promise.all(all.map((listening) => listening.next("run")));
    expect(looks).toBe(1);
    await expect.poll(() => looks, { timeout: 5_000 }).toBeGreaterThan(1);
    for (const listening of all) listening.stop();
    await expect.poll(() => openSockets(app)).toBe(0);
    const before = looks;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(looks).toBe(before);
  });

  it("ends within moments when the API stops", async () => {
    const listening = await follow(await addRun(place.pool));
    await listening.next("run");
    const begun = performance.now();
    await app.close();
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(await listening.rest()).not.toContain("end");
  });

  it("ends when the token is revoked", async () => {
    await app.close();
    await listen({ token: "a-token-of-some-length" });
    const token = await createApiToken(place.pool, "for-a-while", "viewer");
    const runId = await addRun(place.pool);
    expect((await follow(runId)).response.statusCode).toBe(401);
    const listening = await follow(runId, { authorization: `Bearer ${token}` });
    await listening.next("run");
    // Some looks at the token go by.
    for (let i = 0; i < 5; i++) await listening.next();
    await revokeApiToken(place.pool, "for-a-while");
    expect(await listening.rest()).toEqual([]);
  });

  it("goes on while somebody guesses tokens at the same address, until its own is revoked", async () => {
    await app.close();
    await listen({ token: "a-token-of-some-length", limits: { ...LIMITS, tokenTries: 1 } });
    const token = await createApiToken(place.pool, "beside-guesses", "viewer");
    const runId = await addRun(place.pool);
    const listening = await follow(runId, { authorization: `Bearer ${token}` });
    await listening.next("run");
    const guess = () => follow(runId, { authorization: "Bearer a-wrong-token-of-some-length" });
    for (let i = 0; i < 10; i++) await guess();
    expect((await guess()).response.statusCode).toBe(429);
    for (let i = 0; i < 5; i++) await listening.next();
    expect((await guess()).response.statusCode).toBe(429);
    await revokeApiToken(place.pool, "beside-guesses");
    expect(await listening.rest()).toEqual([]);
  });

  it("leaves its connection to a newcomer that finds no place", async () => {
    await app.close();
    await listen({ limits: { ...LIMITS, connections: 4 } });
    const runId = await addRun(place.pool);
    const first = await follow(runId);
    await first.next("run");
    const second = await follow(runId);
    await second.next("run");
    const answer = await fetch(`${address}/healthz`, { headers: { connection: "close" } });
    expect(answer.status).toBe(200);
    await expect(first.rest()).rejects.toThrow("aborted");
    second.stop();
  });

  it("refuses more than half of all connections", async () => {
    await app.close();
    await listen({ limits: { ...LIMITS, connections: 2 } });
    const runId = await addRun(place.pool);
    const inject = () =>
      app.inject({ url: `/runs/${runId}/events`, headers: { host: "localhost" }, payloadAsStream: true });
    const first = await inject();
    expect(first.statusCode).toBe(200);
    expect((await inject()).statusCode).toBe(503);
    first.stream().destroy();
  });

  it("answers with a problem where there is no such run, and to HEAD", async () => {
    const { response } = await follow("00000000-0000-4000-8000-000000000000");
    expect([response.statusCode, response.headers["content-type"]]).toEqual([
      404,
      expect.stringContaining("application/problem+json"),
    ]);
    const runId = await addRun(place.pool);
    expect((await fetch(`${address}/runs/${runId}/events`, { method: "HEAD" })).status).toBe(405);
  });
});

function openSockets({ server }: App): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
