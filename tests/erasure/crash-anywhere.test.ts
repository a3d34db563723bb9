import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { ReceiptBody } from "@lethe/contracts/erasures";
import type { RunDetail } from "@lethe/contracts/runs";
import { enqueueActiveRuns } from "@lethe/service-kit/enqueue";
import { findPeople } from "@lethe/test-kit/everything";
import { pathsBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople, markedPerson } from "@lethe/test-kit/marked-people";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { expectSalesOnce, readProcessed } from "@lethe/test-kit/processed";
import { product } from "@lethe/test-kit/records";
import { openByApi, settle, succeed, untilClosed } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type RunningService, type World } from "@lethe/test-kit/world";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

// One to be erased for each crash; all are alike, and so must their receipts be.
const PEOPLE = markedPeople(60);
const STAYS = markedPerson(900);
const recognise = createRecogniser([...PEOPLE, STAYS]);
const CRASHING_LOADER = "tests/programs/crashing-loader.mjs";

let world: World;
const erased = new Set<number>();

beforeAll(async () => {
  world = await openWorld({ settings: NO_THRESHOLDS });
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  for (const person of PEOPLE) {
    await landRecords(world, `${hourOf(person)}/customers.json`, [
      person.customer({ last_change: "2021-01-01" }),
      STAYS.customer({ last_change: `20${String(10 + person.n)}-01-01` }),
      person.customer({ last_change: "2021-06-01" }),
    ]);
    await landRecords(world, `${hourOf(person)}/transactions.json`, [
      person.transaction(1),
      STAYS.transaction(person.n),
      person.transaction(2),
      person.transaction(3, { purchases: {} }),
    ]);
  }
  await succeed(world, "customers", "products", "transactions");
  const [first] = [...world.running].filter(({ name }) => name === "loader");
  if (first !== undefined) await world.stop(first);
});
afterEach(async () => {
  if (loader !== undefined) await world.stop(loader);
  loader = undefined;
});
afterAll(() => world.close());

it("an erasure completes after a crash before each of its steps, its receipt as if nothing had been", async () => {
  const [first, ...others] = PEOPLE.slice(0, 40) as [MarkedPerson, ...MarkedPerson[]];
  const steps = await stepsOf(() => askToErase(first));
  erased.add(first.n);
  expect(steps.length).toBeGreaterThan(20);
  const receipt = await receiptOf(first);
  expect(receipt.places.map(({ place }) => place)).toContain("warehouse.customers_history");
  expect(receipt.places.map(({ place }) => place)).toContain("processed_data");
  for (const [i, { step, time }] of steps.entries()) {
    const person = others[i];
    if (person === undefined) throw new Error("there are more steps than people");
    const run = await crashAndRecover(step, time, () => askToErase(person));
    erased.add(person.n);
    const when = `crash before "${step}" (${time})`;
    expect(run, when).toMatchObject({ state: "succeeded", records: { in: 1, loaded: 1 } });
    expect(await receiptOf(person), when).toEqual(receipt);
    await expectAllWell(when);
  }
}, 300_000);

it("an old file of somebody erased is archived masked after a crash before each step of that", async () => {
  const [person, ...others] = PEOPLE.slice(40) as [MarkedPerson, ...MarkedPerson[]];
  await undisturbed(() => askToErase(person));
  erased.add(person.n);
  const steps = await stepsOf(() => sendAgain(person, 0));
  expect(steps.length).toBeGreaterThan(8);
  expect(others.length).toBeGreaterThan(0);
  for (const [i, { step, time }] of steps.entries()) {
    const run = await crashAndRecover(step, time, () => sendAgain(person, i + 1));
    const when = `crash before "${step}" (${time})`;
    expect(run, when).toMatchObject({ state: "succeeded", files: { done: 2 }, records: { in: 4, loaded: 4 } });
    await expectAllWell(when);
  }
}, 300_000);

function hourOf({ n }: MarkedPerson): string {
  return `date=2022-05-0${1 + Math.floor(n / 24)}/hour=${String(n % 24).padStart(2, "0")}`;
}

async function askToErase(person: MarkedPerson): Promise<string> {
  await landRecords(world, `${hourOf(person)}/erasure-requests.json`, [person.request]);
  return openByApi(world, "erasure-requests");
}

/** Lets two files with sales to somebody erased come in one run. */
async function sendAgain(person: MarkedPerson, round: number): Promise<string> {
  for (const half of [0, 1]) {
    await landRecords(world, `date=2022-06-0${1 + half}/hour=${String(round).padStart(2, "0")}/transactions.json`, [
      person.transaction(10 + round * 2 + half),
      STAYS.transaction(3_000 + round * 2 + half),
    ]);
  }
  return openByApi(world, "transactions");
}

interface Step {
  readonly step: string;
  /** How often it was taken up to here. */
  readonly time: number;
}

/** Does work undisturbed and returns the loader's steps. */
async function stepsOf(begin: () => Promise<string>): Promise<Step[]> {
  const file = join(world.data, "logs", `steps-${randomUUID()}`);
  await undisturbed(begin, { STEPS_FILE: file }, CRASHING_LOADER);
  const names = (await readFile(file, "utf8")).trim().split("\n");
  const times = new Map<string, number>();
  return names.map((step) => {
    const time = (times.get(step) ?? 0) + 1;
    times.set(step, time);
    return { step, time };
  });
}

/** The loader that has recovered the last crash, and is the next to crash. */
let loader: RunningService | undefined;

/** Ends the loader on the spot at a step, looks at what that leaves, and has another one complete the work. */
async function crashAndRecover(step: string, time: number, begin: () => Promise<string>): Promise<RunDetail> {
  const crashFile = join(world.data, "logs", "crash");
  const crashing = loader ?? (await world.start("loader", { CRASH_FILE: crashFile }, CRASHING_LOADER));
  await writeFile(`${crashFile}.new`, JSON.stringify({ step, time }));
  await rename(`${crashFile}.new`, crashFile);
  const runId = await begin();
  const closed = untilClosed(world, runId).then(() => Promise.reject(new Error(`"${step}" (${time}) never came`)));
  closed.catch(() => undefined);
  await Promise.race([crashing.ended, closed]);
  await world.kill(crashing);
  await expectNothingHalfWritten(`crash before "${step}" (${time})`);
  // A job at work is given to another worker only when its lock has run out; the ledger knows at once.
  await world.flush();
  loader = await world.start("loader", { CRASH_FILE: crashFile }, CRASHING_LOADER);
  await enqueueActiveRuns(world.queues, await readActiveRuns(world.pool));
  const run = await untilClosed(world, runId);
  await settle(world);
  return run;
}

/** Does work from beginning to end with a loader of its own. */
async function undisturbed(begin: () => Promise<string>, settings = {}, program?: string): Promise<void> {
  const whole = await world.start("loader", settings, program);
  await untilClosed(world, await begin());
  await settle(world);
  await world.stop(whole);
}

async function receiptOf(person: MarkedPerson) {
  const { rows } = await world.pool.query<{ body: ReceiptBody }>(
    `select r.body from privacy.proof_log r join warehouse.erasure_requests e on r.kind = 'receipt' and e.id::text = r.body ->> 'erasureId'
     join ledger.files f on f.id = e.source_file_id where f.path like $1`,
    [`${hourOf(person)}/%`],
  );
  expect(rows).toHaveLength(1);
  const { found, places, scan } = rows[0]?.body ?? { found: false, places: [], scan: undefined };
  return {
    found,
    places: places.map((place) => ({ ...place, name: withoutNumbers(place.name.replace(hourOf(person), "hour")) })),
    // A compressed or masked file's length differs by some bytes from person to person.
    scan: { ...scan, bytes: undefined, files: undefined, records: undefined },
  };
}

/** Requires that whoever reads the folders finds whole files only. */
async function expectNothingHalfWritten(when: string): Promise<void> {
  for (const folder of [world.archived, world.processed]) {
    for (const path of await pathsBelow(folder)) {
      if (!/\.json(\.gz)?$/.test(path)) continue;
      const stored = await readFile(join(folder, path));
      const text = (path.endsWith(".gz") ? gunzipSync(stored) : stored).toString("utf8");
      expect(
        () =>
          text
            .trim()
            .split("\n")
            .map((line): unknown => JSON.parse(line)),
        `${path}, ${when}`,
      ).not.toThrow();
    }
  }
}

async function expectAllWell(when: string): Promise<void> {
  await expectNothingHalfWritten(when);
  expect(
    (await pathsBelow(world.data)).filter((path) => path.endsWith(".tmp")),
    when,
  ).toEqual([]);
  expect(await pathsBelow(world.landing), when).toEqual([]);
  expect(await findPeople(world, recognise, (n) => erased.has(n)), when).toEqual([]);
  await expectSalesOnce(world);
  await expectLines("customers", PEOPLE.length * 3);
  const { rows } = await world.pool.query<{ path: string }>("select kept_path as path from ledger.files order by 1");
  const kept = (await pathsBelow(world.archived)).filter((path) => path.includes(".json"));
  expect(
    rows.map(({ path }) => path),
    when,
  ).toEqual(kept.sort());
}

async function expectLines(dataset: DatasetName, count: number): Promise<void> {
  expect([...(await readProcessed(world, dataset)).values()].flat()).toHaveLength(count);
}
