import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { RewrittenMessage } from "@lethe/contracts/rewritten-files";
import { addRewrittenFile } from "@lethe/warehouse/feed/rewritten-files";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let world: World;
let scheduler: TestScheduler;
let receiver: Server;
/** What the receiver answers next, first to last; 204 when there is nothing. */
const answers: number[] = [];
const received: Received[] = [];
const events = new EventEmitter();

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString("utf8") });
      response.writeHead(answers.shift() ?? 204, { location: "/elsewhere" }).end();
      events.emit("received");
    });
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  world = await createWorld();
  const { port } = receiver.address() as AddressInfo;
  scheduler = await world.start({
    LETHE_SCHEDULES: "off",
    LETHE_UPKEEP_SECONDS: "1",
    LETHE_WEBHOOK_URL: `http://127.0.0.1:${port}/hook?key=of-the-receiver`,
    LETHE_WEBHOOK_SECRET: SECRET,
  });
});
afterAll(async () => {
  await world.end();
  receiver.close();
});

/** Resolves when so many messages have come since the file's beginning. */
async function untilReceived(count: number): Promise<void> {
  while (received.length < count) await once(events, "received");
}

function verify({ headers, body }: Received): RewrittenMessage {
  return new Webhook(SECRET).verify(body, headers as Record<string, string>) as RewrittenMessage;
}

async function undelivered() {
  const { rows } = await world.pool.query<{ id: string; attempts: number; wait: number; last_failure: string }>(
    `select id, attempts, extract(epoch from next_attempt_at - clock_timestamp())::integer as wait, last_failure
     from ledger.webhook_outbox`,
  );
  return rows;
}

/** Resolves when the outbox is as wanted; the scheduler commits after the receiver has answered. */
async function untilOutbox(isAsWanted: (rows: Awaited<ReturnType<typeof undelivered>>) => boolean) {
  for (;;) {
    const rows = await undelivered();
    if (isAsWanted(rows)) return rows;
  }
}

it("delivers what was rewritten, signed, until the receiver confirms it", async () => {
  answers.push(500, 301, 204);
  await addRewrittenFile(world.pool, "customers", { date: "2022-03-01", hour: 5 });
  await addRewrittenFile(world.pool, "transactions", { date: "2022-03-01", hour: 6 });
  await untilReceived(1);
  const [waiting] = await untilOutbox((rows) => rows[0]?.attempts === 1);
  expect(waiting).toMatchObject({ last_failure: "status 500" });
  expect(waiting?.wait).toBeGreaterThan(0);
  await world.pool.query("update ledger.webhook_outbox set next_attempt_at = now()");
  await untilReceived(2);
  const [again] = await untilOutbox((rows) => rows[0]?.attempts === 2);
  expect(again?.last_failure).toBe("status 301");
  expect(again?.wait).toBeGreaterThan(60);
  expect((await scheduler.call("GET", "/metrics")).body).toMatch(/^lethe_webhooks_undelivered\{[^}]*\} 1$/m);
  await world.pool.query("update ledger.webhook_outbox set next_attempt_at = now()");
  await untilReceived(3);
  await untilOutbox((rows) => rows.length === 0);

  const messages = received.map(verify);
  // As the feed grew between two rounds, or at once: each file once, in order.
  const files = new Map(messages.flatMap(({ data }) => data.files).map((file) => [file.position, file]));
  expect([...files.values()]).toMatchObject([
    { dataset: "customers", path: "date=2022-03-01/hour=05/customers.json.gz", date: "2022-03-01", hour: 5 },
    { dataset: "transactions", path: "date=2022-03-01/hour=06/transactions.json.gz" },
  ]);
  expect(received[1]?.headers["webhook-id"]).toBe(received[0]?.headers["webhook-id"]);
  expect(received[0]?.headers["webhook-id"]).toMatch(/^msg_[0-9a-f]{32}$/);
  expect(messages[0]).toMatchObject({ type: "processed_files.rewritten", timestamp: expect.any(String) });
  for (const { body } of received) expect(body).not.toMatch(/erasure|records|count/);
});

it("delivers what came while no scheduler ran, and logs neither address nor secret", async () => {
  await scheduler.stop();
  const before = received.length;
  await addRewrittenFile(world.pool, "customers", { date: "2022-03-02", hour: 7 });
  const { port } = receiver.address() as AddressInfo;
  await world.start({
    LETHE_SCHEDULES: "off",
    LETHE_WEBHOOK_URL: `http://127.0.0.1:${port}/hook?key=of-the-receiver`,
    LETHE_WEBHOOK_SECRET: SECRET,
  });
  await untilReceived(before + 1);
  await untilOutbox((rows) => rows.length === 0);
  expect(
    received
      .slice(before)
      .map(verify)
      .flatMap(({ data }) => data.files),
  ).toMatchObject([{ path: "date=2022-03-02/hour=07/customers.json.gz" }]);
  expect(world.logged()).not.toMatch(/of-the-receiver|whsec_/);
});

it("gives the feed by position, and as a manifest beside the processed files", async () => {
  const api = await world.start({ LETHE_SCHEDULES: "off" });
  const first = await api.call("GET", "/feed/rewritten?limit=2");
  expect(first.body.files.map(({ date }: { date: string }) => date)).toEqual(["2022-03-01", "2022-03-01"]);
  const second = await api.call("GET", `/feed/rewritten?after=${first.body.position}`);
  expect(second.body).toMatchObject({ files: [{ date: "2022-03-02", hour: 7 }], position: first.body.position + 1 });
  const third = await api.call("GET", `/feed/rewritten?after=${second.body.position}`);
  expect(third.body).toEqual({ files: [], position: second.body.position });
  expect((await api.call("GET", "/feed/rewritten?after=-1")).status).toBe(400);
  const manifest = (await readFile(join(world.data, "processed_data/rewritten.ndjson"), "utf8")).trim().split("\n");
  expect(manifest.map((line) => JSON.parse(line))).toEqual([...first.body.files, ...second.body.files]);
});

it.each([
  { LETHE_WEBHOOK_URL: "https://example.org" },
  { LETHE_WEBHOOK_SECRET: SECRET },
  { LETHE_WEBHOOK_URL: "https://example.org", LETHE_WEBHOOK_SECRET: "whsec_short" },
  { LETHE_WEBHOOK_URL: "ftp://example.org", LETHE_WEBHOOK_SECRET: SECRET },
])("does not start with half a webhook: %j", async (environment) => {
  await expect(world.start({ LETHE_SCHEDULES: "off", ...environment })).rejects.toThrow(ConfigurationError);
});
