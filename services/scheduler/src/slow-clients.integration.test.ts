import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { connect as lend } from "@lethe/test-kit/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off", LETHE_REQUEST_TIMEOUT_MS: "1000" });
});
afterAll(() => world.end());

/** Sends the beginning of a request, and returns all that comes back until the server ends the connection. */
async function sendAndWait(beginning: string): Promise<string> {
  const socket = connect(Number(new URL(api.address).port), "127.0.0.1");
  socket.write(beginning);
  try {
    return await text(socket);
  } finally {
    socket.destroy();
  }
}

const POST = "POST /jobs/customers/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

describe("a request that does not arrive in time", () => {
  it.each([
    ["body", `${POST}Content-Length: 100\r\n\r\n{"from":`],
    ["chunked body", `${POST}Transfer-Encoding: chunked\r\n\r\n8\r\n{"from":\r\n`],
    ["headers", POST],
  ])("is cut off in its %s", async (_, beginning) => {
    const answer = await sendAndWait(beginning);
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain("application/problem+json");
    expect(answer).toContain('"code":"request_too_slow"');
    expect((await api.call("GET", "/runs")).body.runs).toEqual([]);
  });
});

describe("what is no request", () => {
  it("is answered with a problem: headers that are too large", async () => {
    const answer = await sendAndWait(`GET /jobs HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"headers_too_large"');
  });

  it("is answered with a problem that quotes nothing of it: no HTTP", async () => {
    const answer = await sendAndWait("jane@example.org\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"input_invalid"');
    expect(answer).not.toContain("jane");
  });
});

it("takes no request with more than a hundred headers, and overlooks none of them", async () => {
  const many = Array.from({ length: 120 }, (_, i) => `X-${i}: 1\r\n`).join("");
  const answer = await sendAndWait(`GET /jobs HTTP/1.1\r\n${many}Host: localhost\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 431 /);
});

it("answers 503 to who waits for a database that is shut down meanwhile", async () => {
  const { body: run } = await api.call("POST", "/jobs/products/runs");
  const holder = await lend(world.pool);
  try {
    await holder.query("begin");
    await holder.query("select from ledger.runs where id = $1 for update", [run.id]);
    const answer = api.call("POST", `/runs/${run.id}/cancel`);
    await expect
      .poll(async () => {
        const { rows } = await world.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'lethe-scheduler' and wait_event_type = 'Lock'`,
        );
        return rows.length;
      })
      .toBe(1);
    expect(await answer).toMatchObject({ status: 503, body: { code: "database_unavailable" } });
  } finally {
    await holder.query("rollback");
    holder.release();
  }
  expect((await api.call("POST", `/runs/${run.id}/cancel`)).status).toBe(202);
});
