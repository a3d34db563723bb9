import { UNNAMED_CALLERS } from "@lethe/contracts/roles";
import { type FastifyInstance, fastify } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { createCallers } from "./callers.js";
import { guard } from "./guard.js";
import { requireRoles } from "./route-roles.js";

const LIMITS = { requests: 3, tokenTries: 3 };
const TOKEN = "Bearer a-token-of-some-length";

let app: FastifyInstance;
afterEach(() => app.close());

function build(): FastifyInstance {
  app = fastify();
  requireRoles(app);
  const identify = (shown: string) => ({
    found: `Bearer ${shown}` === TOKEN ? UNNAMED_CALLERS.settingsToken : undefined,
  });
  guard(
    app,
    createCallers(
      { identify, openSession: () => ({ found: undefined }), sealToken: (token) => token, isTokenRequired: true },
      LIMITS,
    ),
  );
  app.get("/page", { config: { role: "public" } }, async () => "page");
  app.get("/runs", { config: { role: "viewer" } }, async () => "runs");
  return app;
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await app.inject({ url, headers: { host: "localhost", ...headers } })).statusCode;
}

describe("a public route", () => {
  it("needs no token, looks at none, and has the security headers", async () => {
    build();
    const answer = await app.inject({ url: "/page", headers: { host: "localhost", authorization: "Bearer wrong" } });
    expect(answer).toMatchObject({ statusCode: 200, body: "page" });
    expect(answer.headers).toMatchObject({ "x-frame-options": "DENY", "cache-control": "no-store" });
  });

  it("counts as a stranger's request, also where a token is shown", async () => {
    build();
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push(await ask("/page", { authorization: TOKEN }));
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await ask("/runs")).toBe(429);
    expect(await ask("/runs", { authorization: TOKEN })).toBe(200);
  });

  it("is not for pages of other sites", async () => {
    build();
    expect(await ask("/page", { "sec-fetch-site": "cross-site" })).toBe(403);
  });
});
