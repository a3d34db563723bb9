import { defaultMaxListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildOfflineApp } from "../test/offline-app.js";

const TOKEN = "a-token-of-some-length";
const LIMITS = {
  requests: 0,
  tokenTries: 3,
  bodyBytes: 1024 * 1024,
  requestMs: 30_000,
  answerMs: 10_000,
  connections: 1_000,
};

type App = Awaited<ReturnType<typeof buildOfflineApp>>;
let app: App;
const opened: App[] = [];
async function build(changes: Parameters<typeof buildOfflineApp>[0] = {}): Promise<App> {
  const built = await buildOfflineApp({ token: TOKEN, limits: LIMITS, ...changes });
  opened.push(built);
  return built;
}
beforeEach(async () => {
  app = await build();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

function post(url: string, payload: string, headers: Record<string, string> = {}) {
  return app.inject({
    method: "POST",
    url,
    headers: { host: "localhost", "content-type": "application/json", ...headers },
    payload,
  });
}

const nested = (levels: number) => `{"token":${"[".repeat(levels)}${"]".repeat(levels)}}`;

describe("a body", () => {
  it("of a stranger who signs in is 4 KiB at most", async () => {
    const large = await post("/session", JSON.stringify({ token: "x".repeat(5_000) }));
    expect([large.statusCode, large.json()]).toEqual([
      413,
      expect.objectContaining({ code: "body_too_large", detail: "the body is larger than 4096 bytes" }),
    ]);
  });

  it.each([
    ["/session", {}],
    ["/erasures", { authorization: `Bearer ${TOKEN}` }],
  ])("that is nested too deeply is not parsed: %s", async (url, headers) => {
    expect((await post(url, nested(101), headers)).json()).toMatchObject({
      status: 400,
      code: "input_invalid",
      detail: "the body is nested too deeply: more than 100 levels",
    });
    expect((await post(url, nested(99), headers)).json().detail).not.toContain("nested");
  });

  it("of half a million levels is refused without being parsed", async () => {
    const { status, detail } = (await post("/erasures", nested(500_000), { authorization: `Bearer ${TOKEN}` })).json();
    expect([status, detail]).toEqual([400, "the body is nested too deeply: more than 100 levels"]);
  });
});

const FILES = ["/", "/console/runs", "/docs/static/index.css"];

describe("a file", () => {
  it.each(["bytes=5-1", "bytes=99999999-", "bytes=0-3", "bytes=-0", "bytes=0-0,2-2"])(
    "is sent as a whole, whatever range of it is asked for: %s",
    async (range) => {
      const headers = { host: "localhost", authorization: `Bearer ${TOKEN}` };
      for (const url of FILES) {
        const answer = await app.inject({ url, headers: { ...headers, range } });
        expect([url, answer.statusCode, answer.headers["accept-ranges"]]).toEqual([url, 200, "none"]);
        expect(answer.body).toBe((await app.inject({ url, headers })).body);
      }
    },
  );

  it("leaves no more listeners on its answer than Node lets by without a warning", async () => {
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    let most = 0;
    app.server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => {
      response.on("newListener", () => {
        queueMicrotask(() => {
          most = Math.max(most, response.listenerCount("close"));
        });
      });
    });
    for (const url of FILES) {
      const answer = await fetch(address + url, { headers: { authorization: `Bearer ${TOKEN}` } });
      expect([url, answer.status]).toEqual([url, 200]);
      await answer.arrayBuffer();
    }
    expect(most).toBeLessThanOrEqual(defaultMaxListeners);
    expect(most).toBeGreaterThan(0);
  });
});
