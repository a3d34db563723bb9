import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { brokenLine, tornGzip } from "@lethe/test-kit/damage";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { checkReceiptChain, readReceiptChain } from "@lethe/warehouse/erasures/receipts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PEOPLE = markedPeople(4);
const [gone, alsoGone, thirdGone, stays] = PEOPLE as [MarkedPerson, MarkedPerson, MarkedPerson, MarkedPerson];
const ERASED = [gone, alsoGone, thirdGone];

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(
    world,
    "date=2022-03-01/hour=00/customers.json",
    PEOPLE.flatMap((person) => [person.customer({ last_change: "2021-01-01" }), person.customer()]),
  );
  await land(world, "date=2022-03-01/hour=01/customers.json", PEOPLE.map((p) => brokenLine(p.customer())).join("\n"));
  await landAsIs(world, "date=2022-03-01/hour=02/customers.json.gz", tornGzip(JSON.stringify(gone.customer())));
  await landRecords(
    world,
    "date=2022-03-01/hour=00/transactions.json",
    PEOPLE.map((person) => person.transaction(1)),
  );
  await succeed(world, "customers", "products", "transactions");
  // In runs of their own, so that their receipts come one after the other.
  for (const [i, { request }] of ERASED.entries()) {
    await landRecords(world, `date=2022-03-02/hour=0${i}/erasure-requests.json`, [request]);
    await succeed(world, "erasure-requests");
  }
  await settle(world);
});
afterAll(() => world.close());

describe("the chain of receipts", () => {
  it("is whole, and names nobody", async () => {
    const receipts = await readReceiptChain(world.pool);
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(checkReceiptChain(receipts)).toEqual([]);
    expect([...createRecogniser(PEOPLE)(JSON.stringify(receipts))]).toEqual([]);
  });

  it.each([
    [
      "a changed body",
      2,
      `update privacy.receipts set body = jsonb_set(body, '{scan,findings}', '7') where sequence = 2`,
    ],
    [
      "a changed date",
      1,
      `update privacy.receipts set body = jsonb_set(body, '{completedAt}', '"2020-01-01"') where sequence = 1`,
    ],
    ["a changed hash", 3, "update privacy.receipts set hash = repeat('a', 64) where sequence = 3"],
    ["a receipt of another chain", 3, "update privacy.receipts set previous_hash = repeat('b', 64) where sequence = 3"],
    ["a receipt that was taken out", 3, "delete from privacy.receipts where sequence = 2"],
  ])("names %s", async (_, sequence, tamper) => {
    const client = await world.pool.connect();
    try {
      await client.query("begin");
      await client.query(tamper);
      const faults = checkReceiptChain(await readReceiptChain(client));
      expect(faults.map((fault) => fault.sequence)).toContain(sequence);
      expect(faults.find((fault) => fault.sequence === sequence)?.erasureId).toMatch(/^[0-9a-f-]{36}$/);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

it("a receipt that was tampered with makes the command fail and name it", async () => {
  const { rows } = await world.pool.query<{ erasure_id: string }>(
    "update privacy.receipts set body = body || '{\"found\": false}' where sequence = 2 returning erasure_id",
  );
  const { faults } = await verify();
  expect(faults).toEqual([{ sequence: 2, erasureId: rows[0]?.erasure_id, fault: expect.any(String) }]);
  await world.pool.query("update privacy.receipts set body = body || '{\"found\": true}' where sequence = 2");
  expect((await verify()).faults).toEqual([]);
});

it("the newest receipt that was taken away is missed, though the chain before it is whole", async () => {
  await world.pool.query("create table taken as select * from privacy.receipts where sequence = 3");
  const { rows } = await world.pool.query<{ erasure_id: string }>(
    "delete from privacy.receipts where sequence = 3 returning erasure_id",
  );
  const { faults, withoutReceipt } = await verify();
  expect({ faults, withoutReceipt }).toEqual({ faults: [], withoutReceipt: [rows[0]?.erasure_id] });
  await world.pool.query("insert into privacy.receipts select * from taken; drop table taken");
  expect((await verify()).withoutReceipt).toEqual([]);
});

describe("a scan of everything", () => {
  it("finds nobody, and says how much it has looked at", async () => {
    const { findings, faults, receipts, looked } = await verify();
    expect({ findings, faults, receipts }).toEqual({ findings: [], faults: [], receipts: 3 });
    expect(looked.files).toBeGreaterThanOrEqual(12);
    expect(looked.records).toBeGreaterThan(40);
    expect(looked.bytes).toBeGreaterThan(5_000);
  });

  it.each([
    ["warehouse.customers", "id", "email", `'${gone.email.toLowerCase()}'`, "erased_at is not null"],
    ["warehouse.customers_history", "version_id", "id", `'${gone.id}'`, "true"],
    ["ledger.quarantine", "id", "payload", `'{"broken": "${gone.email}'`, "reason = 'unreadable' and line is not null"],
  ])("finds a person who is written back into %s", async (place, key, column, value, condition) => {
    const leak = await world.pool.query<{ key: string | number; kept: string | null }>(
      `with chosen as (select ${key} as key, ${column} as kept from ${place} where ${condition} order by 1 limit 1)
       update ${place} t set ${column} = ${value} from chosen where t.${key} = chosen.key returning chosen.*`,
    );
    expect((await verify()).findings).toEqual([{ place, name: "", records: 1 }]);
    await world.pool.query(`update ${place} set ${column} = $2 where ${key} = $1`, [
      leak.rows[0]?.key,
      leak.rows[0]?.kept,
    ]);
    expect((await verify()).findings).toEqual([]);
  });

  it.each([
    ["archived_data", "date=2022-03-01/hour=00/transactions.json", () => `${JSON.stringify(gone.transaction(9))}\n`],
    ["archived_data", "date=2022-03-01/hour=01/customers.json", () => `\n${brokenLine(gone.customer())}`],
    [
      "processed_data",
      "date=2022-03-01/hour=00/customers.json.gz",
      () => gzipSync(`${JSON.stringify(gone.customer())}\n`),
    ],
  ])("finds a person who is written back into %s/%s", async (place, name, leak) => {
    const file = join(place === "archived_data" ? world.archived : world.processed, name);
    const kept = await readFile(file);
    await appendFile(file, leak());
    expect((await verify()).findings).toEqual([{ place, name, records: 1 }]);
    await writeFile(file, kept);
    expect((await verify()).findings).toEqual([]);
  });

  it("takes nobody who stays for somebody erased", async () => {
    const { rows } = await world.pool.query("select id from warehouse.customers where erased_at is null");
    expect(rows).toEqual([{ id: stays.id }]);
  });
});

/** Asks the command; requires that its exit code says what its answer says. */
async function verify() {
  const { code, out, err } = await world.lethe("erasure", "verify", "--json");
  expect(err).toBe("");
  const answer: Answer = JSON.parse(out);
  expect(code).toBe(answer.findings.length + answer.faults.length + answer.withoutReceipt.length === 0 ? 0 : 1);
  return answer;
}

interface Answer {
  readonly receipts: number;
  readonly faults: readonly { readonly sequence: number; readonly erasureId: string; readonly fault: string }[];
  readonly withoutReceipt: readonly string[];
  readonly findings: readonly unknown[];
  readonly looked: { readonly files: number; readonly records: number; readonly bytes: number };
}
