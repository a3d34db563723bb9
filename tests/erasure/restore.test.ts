import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import { brokenLine, tornGzip } from "@lethe/test-kit/damage";
import { readEverything } from "@lethe/test-kit/everything";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPeople } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const PEOPLE = markedPeople(60);
/** Those who were erased before the backup, those who were erased after it, and those who stay. */
const [EARLIER, LATER, STAYING] = [PEOPLE.slice(0, 5), PEOPLE.slice(5, 55), PEOPLE.slice(55)];
const AREAS = ["landing", "archived_data", "processed_data", "quarantined_data", "staging"];

let world: World;
let server: Pool;
let files: string;
let recovery: { key: string; exported: string };

beforeAll(async () => {
  world = await openWorld({ settings: NO_THRESHOLDS });
  server = createPool(inject("databaseUrl"), 1, "lethe-tests");
  files = join(world.data, "..", `${world.prefix}-backup`);
  recovery = { key: join(world.data, "recovery.pem"), exported: join(world.data, "recovery.sealed") };
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(
    world,
    "date=2022-03-01/hour=00/customers.json",
    PEOPLE.flatMap((person) => [person.customer({ last_change: "2021-01-01" }), person.customer()]),
  );
  await land(world, "date=2022-03-01/hour=01/customers.json", PEOPLE.map((p) => brokenLine(p.customer())).join("\n"));
  const torn = PEOPLE.map((person) => JSON.stringify(person.customer())).join("\n");
  await landAsIs(world, "date=2022-03-01/hour=02/customers.json.gz", tornGzip(torn));
  await landRecords(
    world,
    "date=2022-03-01/hour=00/transactions.json",
    PEOPLE.flatMap((person) => [person.transaction(1), person.transaction(2)]),
  );
  await succeed(world, "customers", "products", "transactions");
  await erase(EARLIER, 0);
  await stopServices();
  await backUp();
  for (const name of SERVICE_NAMES) await world.start(name);
  await erase(LATER, 1);
  await world.lethe("keys", "recovery", "--out", recovery.key);
  const exported = await world.lethe("erasure", "export", "--out", recovery.exported, "--recovery-key", recovery.key);
  expect(exported.code, exported.err).toBe(0);
  await stopServices();
  await restore();
});
afterAll(async () => {
  await world.close();
  await server.query(`drop database if exists "${world.prefix}-backup" with (force)`);
  await server.end();
  await rm(files, { recursive: true, force: true });
});

async function erase(people: typeof PEOPLE, hour: number): Promise<void> {
  const requests = people.map(({ request }) => request);
  await landRecords(world, `date=2022-03-02/hour=0${hour}/erasure-requests.json`, requests);
  await succeed(world, "erasure-requests");
  await settle(world);
}

async function stopServices(): Promise<void> {
  await Promise.all([...world.running].map((service) => world.stop(service)));
}

const databaseName = () => new URL(world.databaseUrl).pathname.slice(1);

/** Copies the database, and the files that services work with; what Lethe keeps of its newest checkpoint is none of them. */
async function backUp(): Promise<void> {
  await endConnections(databaseName());
  await server.query(`create database "${world.prefix}-backup" template "${databaseName()}"`);
  await mkdir(files);
  for (const area of AREAS) await cp(join(world.data, area), join(files, area), { recursive: true });
}

async function restore(): Promise<void> {
  await server.query(`drop database "${databaseName()}" with (force)`);
  await server.query(`create database "${databaseName()}" template "${world.prefix}-backup"`);
  for (const area of AREAS) {
    await rm(join(world.data, area), { recursive: true });
    await cp(join(files, area), join(world.data, area), { recursive: true });
  }
}

async function endConnections(name: string): Promise<void> {
  await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
}

/** Returns whom anything that Lethe keeps names. */
async function whoIsLeft(): Promise<string[]> {
  const recognise = createRecogniser([...EARLIER, ...LATER]);
  const found: string[] = [];
  for await (const { where, text } of readEverything(world)) {
    for (const n of recognise(text)) found.push(`${n} in ${where}`);
  }
  return found;
}

describe("a backup from before erasures that is restored", () => {
  it("holds people who were erased, and everybody says so", async () => {
    expect((await whoIsLeft()).length).toBeGreaterThan(LATER.length);
    await expect(world.start("loader")).rejects.toThrow(/lethe erasure reapply --from EXPORT/);
    const status = await world.lethe("status");
    expect(status.err).toMatch(/warning: the database does not hold checkpoint 2/);
    const verify = await world.lethe("erasure", "verify");
    expect(verify.code).toBe(1);
    expect(verify.out).toContain("it was kept elsewhere, and the log ends at checkpoint 1: it was rolled back");
  });

  it("takes no export that is for another key, or that somebody else has signed", async () => {
    const other = join(world.data, "other.pem");
    await world.lethe("keys", "recovery", "--out", other);
    const args = ["erasure", "reapply", "--from", recovery.exported];
    expect((await world.lethe(...args, "--recovery-key", other)).err).toContain("for another recovery key");
    const stranger = join(world.data, "stranger.pem");
    await world.lethe("keys", "signing", "--out", stranger);
    const refused = await world.lethe(...args, "--recovery-key", recovery.key, "--public-key", stranger);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("nothing was changed");
  });

  it("is brought to what receipts promise: nobody is left in any byte, and services start", async () => {
    const args = ["erasure", "reapply", "--from", recovery.exported, "--recovery-key", recovery.key];
    const done = await world.lethe(...args);
    expect(done.code, done.err).toBe(0);
    expect(done.out).toContain(`the erasures of ${LATER.length} subjects were reapplied`);
    expect(await whoIsLeft()).toEqual([]);
    const recognise = createRecogniser(STAYING);
    const { rows } = await world.pool.query<{ email: string }>(
      "select email from warehouse.customers where erased_at is null",
    );
    expect(new Set(rows.flatMap(({ email }) => [...recognise(email)])).size).toBe(STAYING.length);
    const verify = await world.lethe("erasure", "verify", "--json");
    expect(JSON.parse(verify.out)).toMatchObject({ faults: [], withoutReceipt: [], findings: [], unsigned: 0 });
    for (const name of SERVICE_NAMES) await world.start(name);
  });

  it("has receipts that say that they were reapplied, and when", async () => {
    const { rows } = await world.pool.query<{ id: string }>(
      `select body ->> 'erasureId' as id from privacy.proof_log r
       where kind = 'receipt' and exists (select from warehouse.erasure_requests e
                                          where e.id::text = r.body ->> 'erasureId' and e.kind = 'request')
       order by sequence`,
    );
    expect(rows).toHaveLength(EARLIER.length + LATER.length);
    const key = join(world.data, "public.pem");
    await writeFile(key, (await world.lethe("keys", "public")).out);
    for (const [i, { id }] of [...rows.slice(0, 1), ...rows.slice(-2)].entries()) {
      const receipt = await world.lethe("erasure", "receipt", id, "--json");
      expect(JSON.parse(receipt.out).reapplied).toHaveLength(i === 0 ? 0 : 1);
      const file = join(world.data, "receipt.json");
      await writeFile(file, receipt.out);
      expect(await world.lethe("erasure", "verify", "--receipts", file, "--public-key", key)).toMatchObject({
        code: 0,
      });
    }
    const shown = await world.lethe("erasure", "receipt", rows.at(-1)?.id ?? "");
    expect(shown.out).toMatch(
      /reapplied +at \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \S+ to a restored backup, by erasure \S+; under checkpoint \d+/,
    );
  });

  it("masks them on arrival, and can be reapplied again, which finds nobody", async () => {
    await landRecords(
      world,
      "date=2022-03-03/hour=00/customers.json",
      LATER.map((person) => person.customer()),
    );
    await succeed(world, "customers");
    await settle(world);
    expect(await whoIsLeft()).toEqual([]);
    await stopServices();
    const again = await world.lethe("erasure", "reapply", "--from", recovery.exported, "--recovery-key", recovery.key);
    expect(again.code, again.err).toBe(0);
    expect(again.out).toContain("0 entries and 0 checkpoints were merged; the erasures of 0 subjects were reapplied");
  });

  it("can be accepted knowingly, where there is no export: that is logged and signed", async () => {
    await restore();
    expect((await world.lethe("erasure", "accept-restore", "--note", " ")).code).toBe(2);
    const accepted = await world.lethe("erasure", "accept-restore", "--note", "a drill");
    expect(accepted.code, accepted.err).toBe(0);
    const loader = await world.start("loader");
    await world.stop(loader);
    const { rows } = await world.pool.query("select body from privacy.proof_log where kind = 'accepted'");
    expect(rows).toEqual([{ body: expect.objectContaining({ by: "command-line", note: "a drill" }) }]);
    expect((await world.lethe("erasure", "accept-restore", "--note", "again")).code).toBe(2);
    // What is exported from here on is another log than the one that was lost.
    const args = ["erasure", "reapply", "--from", recovery.exported, "--recovery-key", recovery.key];
    expect((await world.lethe(...args)).err).toContain("went different ways at");
  });
});
