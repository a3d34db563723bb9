import { ROLES, type Role } from "@lethe/contracts/roles";
import { createApiToken, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

const SETTINGS_TOKEN = "a-token-of-some-length";
const ID = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";

// Written out once more, by hand: what each role may do is a promise, not whatever the routes say.
const VIEWER = ["viewer", "operator", "privacy-officer", "admin"] as const;
const OPERATOR = ["operator", "admin"] as const;
const OFFICER = ["privacy-officer", "admin"] as const;
const MATRIX: Readonly<Record<string, readonly Role[]>> = {
  "GET /overview": VIEWER,
  "GET /jobs": VIEWER,
  "POST /jobs/{job}/runs": OPERATOR,
  "POST /jobs/{job}/runs/plan": OPERATOR,
  "GET /runs": VIEWER,
  "GET /runs/{id}": VIEWER,
  "GET /runs/{id}/batches": VIEWER,
  "GET /runs/{id}/files": VIEWER,
  "GET /runs/{id}/events": VIEWER,
  "POST /jobs/{job}/backfills": OPERATOR,
  "POST /jobs/{job}/backfills/plan": OPERATOR,
  "POST /runs/{id}/cancel": OPERATOR,
  "POST /runs/{id}/retry": OPERATOR,
  "GET /dead-letters": VIEWER,
  "GET /dead-letters/{id}": VIEWER,
  "POST /dead-letters/{id}/replay": OPERATOR,
  "GET /schedules": VIEWER,
  "PATCH /schedules/{job}": OPERATOR,
  "GET /quarantine": VIEWER,
  "GET /quarantine/counts": VIEWER,
  "POST /quarantine/replay": OPERATOR,
  "POST /quarantine/replay/plan": OPERATOR,
  "GET /quarantine/{quarantineId}": VIEWER,
  "POST /quarantine/{quarantineId}/correct": OPERATOR,
  "POST /quarantine/{quarantineId}/discard": OPERATOR,
  "POST /quarantine/discard": OPERATOR,
  "POST /erasures": OFFICER,
  "GET /checks": VIEWER,
  "GET /checks/declared": VIEWER,
  "GET /quality/series": VIEWER,
  "GET /alerts": VIEWER,
  "GET /partitions": VIEWER,
  "GET /partitions/{dataset}/{partition}": VIEWER,
  "POST /alerts/{id}/dismiss": OPERATOR,
  "GET /erasures": VIEWER,
  "GET /erasures/findings": VIEWER,
  "GET /erasures/{id}": VIEWER,
  "GET /erasures/{id}/receipt": VIEWER,
  "POST /erasures/{id}/verify": OFFICER,
  "POST /erasures/{id}/lift": OFFICER,
  "POST /erasures/requests/{quarantineId}/approve": OFFICER,
  "POST /erasures/requests/{quarantineId}/reject": OFFICER,
  "GET /erasures/questions": VIEWER,
  "GET /erasures/questions/{id}": VIEWER,
  "POST /erasures/questions/{id}/decide": OFFICER,
  "GET /requests": VIEWER,
  "GET /requests/{id}": VIEWER,
  "GET /requests/{id}/comparison": VIEWER,
  "POST /erasures/requests/{id}/extend": OFFICER,
  "GET /feed/rewritten": VIEWER,
  "GET /subjects/restrictions": VIEWER,
  "POST /subjects/export": OFFICER,
  "POST /subjects/restrict": OFFICER,
  "POST /subjects/release": OFFICER,
  "GET /lineage": VIEWER,
  "GET /lineage/datasets": VIEWER,
  "GET /lineage/{dataset}/{key}": VIEWER,
  "POST /lineage": OFFICER,
  "POST /lineage/line": OFFICER,
  "GET /data-map": VIEWER,
  "GET /doctor": VIEWER,
  "GET /services": VIEWER,
  "GET /queue-depths": VIEWER,
  "GET /keys": VIEWER,
  "GET /tokens": ["admin"],
  "GET /metrics": VIEWER,
  // Pages, which the description leaves out.
  "GET /docs": VIEWER,
  "GET /docs/json": VIEWER,
  "GET /queues": VIEWER,
  "GET /queues/api/queues": VIEWER,
  "PUT /queues/api/queues/lethe-load/pause": OPERATOR,
};
const FOR_NOBODY_IN_PARTICULAR = [
  "GET /healthz",
  "GET /readyz",
  "GET /session",
  "POST /session",
  "DELETE /session",
  "GET /session/oidc",
  "GET /session/oidc/callback",
];

let world: World;
let scheduler: TestScheduler;
const tokens = new Map<Role, string>();
beforeAll(async () => {
  world = await createWorld();
  scheduler = await world.start({
    LETHE_SCHEDULES: "off",
    LETHE_API_TOKEN: SETTINGS_TOKEN,
    LETHE_RATE_LIMIT: "0",
    LETHE_BOARD_READ_ONLY: "false",
  });
  for (const role of ROLES) tokens.set(role, await createApiToken(world.pool, `a-${role}`, role));
});
afterAll(() => world.end());

const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });

function call(route: string, token: string | undefined) {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern.replace("{job}", "customers").replace("{quarantineId}", "999999").replace("{id}", ID);
  return scheduler.call(method, path, method === "PATCH" ? {} : undefined, bearer(token));
}

describe("the matrix of roles", () => {
  it("names every route of the API", async () => {
    const { body } = await scheduler.call("GET", "/docs/json", undefined, bearer(SETTINGS_TOKEN));
    const described = Object.entries<Record<string, unknown>>(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const pages = Object.keys(MATRIX).filter((route) => / \/(docs|queues)/.test(route));
    expect([...Object.keys(MATRIX), ...FOR_NOBODY_IN_PARTICULAR].sort()).toEqual([...described, ...pages].sort());
  });

  it.each(Object.entries(MATRIX))("%s is for %j", async (route, allowed) => {
    for (const role of ROLES) {
      const { status, body } = await call(route, tokens.get(role));
      if (allowed.includes(role)) expect(body?.code, `${route} as ${role}`).not.toBe("role_required");
      else
        expect({ status, body }, `${route} as ${role}`).toMatchObject({ status: 403, body: { code: "role_required" } });
      expect(status, `${route} as ${role}`).not.toBe(401);
    }
    expect((await call(route, SETTINGS_TOKEN)).body?.code).not.toBe("role_required");
  });

  it("says in the answer which role may do it", async () => {
    const { body } = await call("POST /erasures/{id}/lift", tokens.get("operator"));
    expect(body).toMatchObject({ status: 403, code: "role_required", requiredRole: "privacy-officer" });
    expect(body.detail).toContain("privacy-officer");
  });

  it("lets whoever shows a token know that an address leads nowhere", async () => {
    expect((await scheduler.call("GET", "/nowhere", undefined, bearer(tokens.get("viewer")))).status).toBe(404);
  });
});

describe("a named token", () => {
  it("is shut out at once when it is revoked", async () => {
    const token = await createApiToken(world.pool, "for-a-while", "admin");
    expect((await call("GET /jobs", token)).status).toBe(200);
    await revokeApiToken(world.pool, "for-a-while");
    expect((await call("GET /jobs", token)).status).toBe(401);
  });

  it("is taken as a password, too", async () => {
    const authorization = `Basic ${Buffer.from(`me:${tokens.get("viewer")}`).toString("base64")}`;
    expect((await scheduler.call("GET", "/jobs", undefined, { authorization })).status).toBe(200);
    expect((await scheduler.call("POST", "/quarantine/replay", {}, { authorization })).status).toBe(403);
  });

  it("stands in no log", async () => {
    await call("GET /jobs", tokens.get("viewer"));
    for (const token of tokens.values()) expect(world.logged()).not.toContain(token.slice(23));
  });
});

describe("on loopback without the settings' token", () => {
  it("everybody is an admin, but for who shows a token: that one must be right, and has its own role", async () => {
    const open = await world.start({ LETHE_SCHEDULES: "off" });
    const get = (headers?: Record<string, string>) => open.call("GET", "/jobs", undefined, headers);
    const lift = (headers?: Record<string, string>) =>
      open.call("POST", `/erasures/${ID}/lift`, { note: "case 1" }, headers);
    expect([(await get()).status, (await lift()).status]).toEqual([200, 404]);
    const viewer = bearer(tokens.get("viewer"));
    expect([(await get(viewer)).status, (await lift(viewer)).status]).toEqual([200, 403]);
    expect((await get(bearer("wrong"))).status).toBe(401);
    await open.stop();
  });
});
