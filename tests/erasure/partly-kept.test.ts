import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findPeople } from "@lethe/test-kit/everything";
import { filesBelow } from "@lethe/test-kit/folders";
import { holdBatchesAfter, holdPublications, untilHeldUp } from "@lethe/test-kit/hold";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { openByApi, runByApi, settle, succeed, untilClosed, untilRun } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

// Whoever is erased is in nothing that Lethe keeps, also where it keeps less of a file than it has published, or more.

const HOUR = "date=2022-03-01/hour=00";

describe.each([
  ["everything that is kept", {}],
  ["the person's own files", { LETHE_FULL_SEARCH_BYTES: "0" }],
])("an erasure that searches %s", (_scope, settings) => {
  let world: World;
  let people: MarkedPerson[];
  let day = 1;

  beforeAll(async () => {
    world = await openWorld({ settings: { LETHE_BATCH_BYTES: "1024", ...settings } });
  });
  afterAll(() => world.close());
  beforeEach(() => {
    day += 1;
    people = markedPeople(20, 100 + day * 20);
  });

  const hour = () => HOUR.replace("-01/", `-${String(day).padStart(2, "0")}/`);
  const land = () =>
    landRecords(
      world,
      `${hour()}/customers.json`,
      people.map((person) => person.customer()),
    );

  async function erase(person: MarkedPerson): Promise<void> {
    await landRecords(world, `${hour()}/erasure-requests.json`, [person.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
    const { rows } = await world.pool.query(
      "select state from warehouse.erasure_requests order by requested_at desc, id desc",
    );
    expect(rows.every(({ state }) => state === "completed")).toBe(true);
  }

  function placesOf(person: MarkedPerson): Promise<string[]> {
    return findPeople(world, createRecogniser([person]), () => true);
  }

  /** Waits until the scheduler waits for what another transaction has locked. */
  async function untilWaiting(): Promise<void> {
    const waiting = `select from pg_stat_activity where datname = current_database() and application_name = 'lethe-scheduler'
                     and wait_event_type = 'Lock'`;
    await expect.poll(async () => (await world.pool.query(waiting)).rowCount, { timeout: 20_000 }).toBe(1);
  }

  async function expectCleanAudit(): Promise<void> {
    const { code, out, err } = await world.lethe("erasure", "verify");
    expect(code, out + err).toBe(0);
  }

  it("reaches what a run has published of a file before it was cancelled", async () => {
    const [first, second] = people as [MarkedPerson, MarkedPerson];
    await land();
    const letGo = await holdBatchesAfter(world, 2);
    const runId = await openByApi(world, "customers");
    await untilRun(world, runId, (run) => run.batches.done >= 2);
    // It waits for the batch that is being recorded, and comes before the next.
    const cancelled = world.api("POST", `/runs/${runId}/cancel`);
    await untilWaiting();
    await letGo();
    expect((await cancelled).status).toBe(202);
    expect(await untilClosed(world, runId)).toMatchObject({ state: "cancelled" });
    await settle(world);
    // What was loaded is published by the job that ends the run, after the run is closed.
    const published = async () => (await placesOf(first)).filter((place) => place.includes("processed_data"));
    await expect.poll(published, { timeout: 20_000 }).not.toEqual([]);

    await erase(first);
    expect((await placesOf(first)).filter((place) => !place.includes("landing"))).toEqual([]);
    await succeed(world, "customers");
    expect(await placesOf(first)).toEqual([]);
    await erase(second);
    expect(await placesOf(second)).toEqual([]);
    await expectCleanAudit();
  });

  it("reaches what was published of a file that is gone before it could be archived", async () => {
    const [first] = people as [MarkedPerson];
    await land();
    const letGo = await holdPublications(world);
    const runId = await openByApi(world, "customers");
    await untilHeldUp(world, "lethe-loader");
    await untilRun(world, runId, (run) => run.batches.total > 2 && run.batches.done === run.batches.total);
    await rm(join(world.data, "claimed", runId, `${hour()}/customers.json`));
    await letGo();
    expect(await untilClosed(world, runId)).toMatchObject({ state: "succeeded" });
    await erase(first);
    expect(await placesOf(first)).toEqual([]);
    await expectCleanAudit();
  });

  it("leaves nothing that an ended run has made of a file, finished or not", async () => {
    const [first, second] = people as [MarkedPerson, MarkedPerson];
    await land();
    const { id } = await runByApi(world, "customers");
    const makeOrphan = async (person: MarkedPerson) => {
      const path = join(world.data, "claimed", id, `${hour()}/customers.csv.converted`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, JSON.stringify(person.customer()));
      await writeFile(`${path}.tmp`, JSON.stringify(person.customer()));
    };
    await makeOrphan(first);
    await erase(first);
    expect(await placesOf(first)).toEqual([]);

    // It appears when no extraction that the erasure waits for looks there any more.
    await landRecords(world, `${hour()}/customers.ndjson`, [people[2]?.customer({ city: "Elsewhere" })]);
    const letGo = await holdBatchesAfter(world, 0);
    const older = await openByApi(world, "customers");
    await untilHeldUp(world, "lethe-extractor");
    await landRecords(world, `${hour()}/erasure-requests.ndjson`, [second.request]);
    const erasure = await openByApi(world, "erasure-requests");
    await untilHeldUp(world, "lethe-extractor", 2);
    await makeOrphan(second);
    await letGo();
    await untilClosed(world, older);
    expect(await untilClosed(world, erasure)).toMatchObject({ state: "succeeded" });
    await settle(world);
    expect(await placesOf(second)).toEqual([]);
    expect([...(await filesBelow(join(world.data, "claimed"))).keys()]).toEqual([]);
    await expectCleanAudit();
  });
});
