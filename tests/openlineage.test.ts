import { EventEmitter, once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@lethe/lineage/openlineage/run-event";
import { holdBatchesAt, untilHeldUp } from "@lethe/test-kit/hold";
import { landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPeople } from "@lethe/test-kit/marked-people";
import { product, transaction } from "@lethe/test-kit/records";
import { openByApi, runByApi, settle, succeed, untilClosed } from "@lethe/test-kit/runs";
import { openLineageEvent } from "@lethe/test-kit/standard-schema";
import { openWorld, type RunningService, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const HOUR = "date=2022-03-01/hour=08";
const API_KEY = "key-of-the-receiver";
const people = markedPeople(60);
const errorsOf = openLineageEvent();

interface Received {
  readonly event: RunEvent;
  readonly headers: IncomingHttpHeaders;
}

/** A receiver of events. `answer` says whether it has another answer than to take an event. */
const received: Received[] = [];
const came = new EventEmitter();
let answer: ((response: ServerResponse) => boolean) | undefined;
const receiver = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    if (answer?.(response) !== true) {
      received.push({ event: JSON.parse(Buffer.concat(pieces).toString("utf8")), headers: request.headers });
      response.writeHead(201).end();
    }
    came.emit("request");
  });
});

let world: World;
let scheduler: RunningService;

beforeAll(async () => {
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  world = await openWorld({
    services: ["extractor", "transformer", "loader"],
    settings: { LETHE_UPKEEP_SECONDS: "1", LETHE_BATCH_BYTES: "4096" },
  });
  scheduler = await startScheduler();
});
afterAll(async () => {
  await world.close();
  receiver.close();
});

function startScheduler(): Promise<RunningService> {
  const { port } = receiver.address() as AddressInfo;
  return world.start("scheduler", {
    LETHE_OPENLINEAGE_URL: `http://127.0.0.1:${port}/base`,
    LETHE_OPENLINEAGE_API_KEY: API_KEY,
    LETHE_OPENLINEAGE_NAMESPACE: "shop",
  });
}

/** Waits until the receiver has so many events, and returns those behind the first `from`, as job and type. */
async function untilReceived(count: number, from = 0): Promise<string[]> {
  while (received.length < count) await once(came, "request");
  return received.slice(from).map(({ event }) => `${event.job.name} ${event.eventType}`);
}

async function isAllTold(): Promise<boolean> {
  const { rows } = await world.pool.query("select from ledger.run_transitions limit 1");
  return rows.length === 0;
}

/** Waits until the ledger knows that all is delivered, which it does after the receiver. */
async function untilAllTold(): Promise<void> {
  await expect.poll(isAllTold, { timeout: 30_000 }).toBe(true);
}

/** Waits until the receiver has so many events, with what failed tried again at once. */
async function untilRetried(count: number, from: number): Promise<string[]> {
  const retry = () => world.pool.query("update ledger.run_transitions set next_try_at = null");
  await expect.poll(() => retry().then(() => received.length), { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
  return untilReceived(count, from);
}

/** Has the receiver keep whoever asks waiting, and returns who waits. */
function holdAnswers(): ServerResponse[] {
  const held: ServerResponse[] = [];
  answer = (response) => held.push(response) > 0;
  return held;
}

it("tells of a run that succeeds: files, tables and columns, whatever senders call their files", async () => {
  const [first] = people;
  await landRecords(
    world,
    `${HOUR}/customers.json.gz`,
    people.slice(0, 3).map((person) => person.customer()),
  );
  await landRecords(world, `${HOUR}/customers.${first?.customer().first_name}.json`, [people[3]?.customer()]);
  const [run] = await succeed(world, "customers");
  expect(run?.files.taken).toBe(2);
  expect(await untilReceived(2)).toEqual(["customers START", "customers COMPLETE"]);
  const [start, complete] = received;
  expect(start?.headers).toMatchObject({
    authorization: `Bearer ${API_KEY}`,
    "content-type": "application/json",
    "idempotency-key": `${run?.id}-START`,
  });
  expect(complete?.event).toMatchObject({
    run: { runId: run?.id, facets: { nominalTime: { nominalStartTime: "2022-03-01T08:00:00Z" } } },
    job: { namespace: "shop", name: "customers" },
  });
  expect(complete?.event.inputs.map(({ name }) => name)).toEqual([
    "landing/customers",
    expect.stringMatching(/^date=2022-03-01\/hour=08\/customers\.\d+$/),
    expect.stringMatching(/^date=2022-03-01\/hour=08\/customers\.\d+$/),
  ]);
  expect(complete?.event.inputs[0]?.inputFacets.inputStatistics).toMatchObject({ rowCount: 4, fileCount: 2 });
  const { pathname, port } = new URL(world.environment.DATABASE_URL ?? "");
  const [table] = complete?.event.outputs ?? [];
  expect(table).toMatchObject({
    namespace: expect.stringMatching(new RegExp(`^postgres://[^@]+:${port || 5432}$`)),
    name: `${pathname.slice(1)}.warehouse.customers`,
    outputFacets: { outputStatistics: { rowCount: 4 } },
  });
  expect(table?.facets?.schema?.fields).toContainEqual({
    name: "date_of_birth",
    type: "date",
    description: "personal data",
  });
  expect(table?.facets?.columnLineage?.fields.phone_e164?.inputFields).toMatchObject([
    { namespace: "shop", name: "landing/customers", field: "phone_number", transformations: [{ masking: true }] },
  ]);
});

it("tells of one that fails, and why; and of one that is cancelled, and tried again", async () => {
  const before = received.length;
  await landRecords(
    world,
    "date=2022-03-01/hour=09/customers.json",
    people.slice(20, 50).map(({ customer }) => ({ ...customer(), email: null })),
  );
  expect((await runByApi(world, "customers")).state).toBe("failed");
  expect(await untilReceived(before + 2, before)).toEqual(["customers START", "customers FAIL"]);
  const failed = received[before + 1]?.event;
  expect(failed?.run.facets.errorMessage?.message).toMatch(/^too_many_rejects: 30 of 30 records/);
  expect(failed?.outputs.at(-1)).toMatchObject({
    name: expect.stringMatching(/\.ledger\.quarantine$/),
    outputFacets: { outputStatistics: { rowCount: 30 } },
  });

  const release = await holdBatchesAt(world, "transformed", 0);
  await landRecords(world, `${HOUR}/products.json`, [product()]);
  const id = await openByApi(world, "products");
  await untilHeldUp(world, "lethe-transformer");
  const cancelling = world.api("POST", `/runs/${id}/cancel`);
  await untilHeldUp(world, "lethe-scheduler");
  await release();
  expect((await cancelling).status).toBe(202);
  expect(await untilReceived(before + 4, before + 2)).toEqual(["products START", "products ABORT"]);
  expect((await untilClosed(world, id)).state).toBe("cancelled");
  expect((await world.api("POST", `/runs/${id}/retry`)).status).toBe(202);
  expect((await untilClosed(world, id)).state).toBe("succeeded");
  expect(await untilReceived(before + 6, before + 4)).toEqual(["products START", "products COMPLETE"]);
  const [, , first, , , second] = received.slice(before).map(({ event }) => event.run);
  expect(first?.runId).toBe(id);
  expect(second?.runId).not.toBe(id);
  expect(second?.facets.tags.tags).toContainEqual({ key: "lethe_run", value: id, source: "LETHE" });
});

it("tells everything in order, once, when a receiver comes back that was down", async () => {
  await untilAllTold();
  const before = received.length;
  answer = (response) => {
    response.writeHead(503).end();
    return true;
  };
  await landRecords(world, `${HOUR}/transactions.json`, [
    people[0]?.transaction(1),
    { ...transaction(900), customer_id: people[10]?.id },
  ]);
  await landRecords(world, "date=2022-03-01/hour=10/products.json", [product()]);
  await runByApi(world, "products");
  await runByApi(world, "transactions");
  await landRecords(world, "date=2022-03-01/hour=11/customers.json", [people[10]?.customer()]);
  await succeed(world, "customers");
  const [replay] = await settle(world);
  expect(replay).toMatchObject({ kind: "replay", state: "succeeded" });
  await once(came, "request");
  expect(received).toHaveLength(before);
  answer = undefined;
  expect(await untilRetried(before + 8, before)).toEqual([
    "products START",
    "products COMPLETE",
    "transactions START",
    "transactions COMPLETE",
    "customers START",
    "customers COMPLETE",
    "transactions.replay START",
    "transactions.replay COMPLETE",
  ]);
  await untilAllTold();
  expect(received).toHaveLength(before + 8);
  expect(received.at(-1)?.event.inputs.map(({ name }) => name)).toEqual([
    "landing/transactions",
    expect.stringMatching(/\.ledger\.quarantine$/),
    expect.stringMatching(/^date=2022-03-01\/hour=08\/transactions\.\d+$/),
  ]);
});

it("loses nothing when its scheduler is killed while the receiver keeps it waiting, and runs go on meanwhile", async () => {
  await untilAllTold();
  const before = received.length;
  const held = holdAnswers();
  await landRecords(world, "date=2022-03-01/hour=12/products.json", [product({ price: "4" })]);
  const run = await succeed(world, "products");
  while (held.length === 0) await once(came, "request");
  await world.kill(scheduler);
  // The receiver may have taken it or not: nobody knows, so that it comes again.
  for (const response of held) response.destroy();
  answer = undefined;
  scheduler = await startScheduler();
  expect(await untilReceived(before + 2, before)).toEqual(["products START", "products COMPLETE"]);
  await untilAllTold();
  expect(received.slice(before).map(({ headers }) => headers["idempotency-key"])).toEqual([
    `${run[0]?.id}-START`,
    `${run[0]?.id}-COMPLETE`,
  ]);
});

it("goes on behind an event that the receiver refuses for what it says", async () => {
  const before = received.length;
  const refused: unknown[] = [];
  answer = (response) => {
    const key = String(response.req.headers["idempotency-key"]);
    if (!key.endsWith("START")) return false;
    refused.push(key);
    response.writeHead(422).end();
    return true;
  };
  await landAsIs(world, "date=2022-03-01/hour=13/products.json", Buffer.from("\u0000 not JSON {"));
  const run = await runByApi(world, "products");
  expect(await untilRetried(before + 1, before)).toEqual(["products COMPLETE"]);
  expect(refused).toEqual(Array(3).fill(`${run.id}-START`));
  answer = undefined;
});

it("has told nobody of anybody: each event fits the standard, and none has a value of a person or the key", async () => {
  await untilAllTold();
  const recognise = createRecogniser(people);
  for (const { event } of received) {
    expect(errorsOf(event)).toEqual([]);
    const text = JSON.stringify(event);
    expect([...recognise(text)]).toEqual([]);
    expect(text).not.toContain(world.data);
    expect(text).not.toMatch(/postgres:\/\/[^/"]*@/);
  }
  expect(await world.logs()).not.toContain(API_KEY);
});

it("stops in time while the receiver never answers; what that has not taken goes where the settings say next", async () => {
  await untilAllTold();
  const held = holdAnswers();
  await succeed(world, "products");
  while (held.length === 0) await once(came, "request");
  const before = performance.now();
  await world.stop(scheduler);
  expect(performance.now() - before).toBeLessThan(8_000);
  for (const response of held) response.destroy();
  const file = join(tmpdir(), `${world.prefix}-events.ndjson`);
  // Its rounds are an hour apart, so that the last events are those of the stop.
  scheduler = await world.start("scheduler", { LETHE_OPENLINEAGE_FILE: file, LETHE_UPKEEP_SECONDS: "3600" });
  await succeed(world, "products");
  await world.pool.query("update ledger.run_transitions set next_try_at = null");
  await world.stop(scheduler);
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  await rm(file);
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  expect(events.map(({ eventType }) => eventType)).toEqual(["START", "COMPLETE", "START", "COMPLETE"]);
  for (const event of events) expect(errorsOf(event)).toEqual([]);
});

it("forgets them when nobody wants any", async () => {
  scheduler = await world.start("scheduler");
  await succeed(world, "products");
  await untilAllTold();
  expect(await (await fetch(`${scheduler.address}/metrics`)).text()).not.toMatch(/^lethe_openlineage/m);
});
