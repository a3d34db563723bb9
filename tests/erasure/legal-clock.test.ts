import { landRecords } from "@lethe/test-kit/landing";
import { markedPeople } from "@lethe/test-kit/marked-people";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// The law's month runs from a request's arrival, whatever its state: undecided, malformed, or taken.

const PEOPLE = markedPeople(4);
const [first, second, third, taken] = PEOPLE;
let world: World;

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly quarantineId: number | null;
  readonly receivedAt: string;
  readonly due: string;
}

async function requests(): Promise<readonly Listed[]> {
  const { body } = await world.api("GET", "/requests?limit=200");
  return (body as { requests: readonly Listed[] }).requests;
}

async function openInMetrics(): Promise<number> {
  const address = world.apiAddress();
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^lethe_erasures_open\{[^}]*\} (\S+)$/m.exec(text)?.[1]);
}

const countStates = (all: readonly Listed[]) =>
  Object.fromEntries(
    [...new Set(all.map(({ state }) => state))]
      .sort()
      .map((state) => [state, all.filter((r) => r.state === state).length]),
  );

beforeAll(async () => {
  world = await openWorld();
  await landRecords(
    world,
    "date=2022-03-01/hour=00/customers.json",
    PEOPLE.map((person) => person.customer()),
  );
  await succeed(world, "customers");
  await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [
    ...[first, second, third].map((person) => ({
      ...person?.request,
      email: `${person?.request["customer-id"]}@example.org`,
    })),
    { "customer-id": "12", email: "a@example.org" },
    { "customer-id": "013000" },
    { email: "a@example.org" },
    { "customer-id": "013000", email: "none" },
    { "customer-id": null, email: null },
    { id: "013000", email: "a@example.org" },
    taken?.request,
  ]);
  await succeed(world, "erasure-requests");
  await settle(world);
});
afterAll(() => world.close());

it("counts three requests of another email and six malformed ones", async () => {
  expect(countStates(await requests())).toEqual({ completed: 1, malformed: 6, undecided: 3 });
  expect(await openInMetrics()).toBe(9);
  const status = await world.lethe("status");
  expect(status.out).toMatch(
    /open requests, the oldest first\n {2}\d+ \((undecided|malformed)\): \S+ days open, due \d{4}/,
  );
});

it("goes on when the services start anew, and when a waiting request is approved and becomes an erasure", async () => {
  const before = (await requests()).find(({ state }) => state === "undecided");
  for (const service of [...world.running]) {
    await world.stop(service);
    await world.start(service.name);
  }
  expect(await openInMetrics()).toBe(9);
  await world.pool.query(
    "update ledger.files set created_at = created_at - interval '10 days' where dataset = 'erasure-requests'",
  );
  const older = (await requests()).find(({ quarantineId }) => quarantineId === before?.quarantineId);
  expect(Date.parse(older?.receivedAt ?? "")).toBe(Date.parse(before?.receivedAt ?? "") - 10 * 24 * 60 * 60 * 1000);
  expect((await world.api("POST", `/erasures/requests/${before?.quarantineId}/approve`)).status).toBe(202);
  await settle(world);
  const after = (await requests()).find(({ quarantineId }) => quarantineId === before?.quarantineId);
  expect(after).toMatchObject({ state: "completed", receivedAt: older?.receivedAt, due: older?.due });
  await expect.poll(openInMetrics, { timeout: 5_000 }).toBe(8);
});

it("stops for those that are refused", async () => {
  for (const { id, state } of await requests()) {
    if (state !== "malformed" && state !== "undecided") continue;
    expect((await world.api("POST", `/erasures/requests/${id}/reject`, { reason: "case 7" })).status).toBe(204);
  }
  expect(countStates(await requests())).toEqual({ completed: 2, refused: 8 });
  await expect.poll(openInMetrics, { timeout: 5_000 }).toBe(0);
});
