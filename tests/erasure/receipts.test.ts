import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { connect } from "@lethe/test-kit/connect";
import { brokenLine, tornGzip } from "@lethe/test-kit/damage";
import { pathsBelow } from "@lethe/test-kit/folders";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPeople } from "@lethe/test-kit/marked-people";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { checkLog } from "@lethe/warehouse/proof/check-log";
import { readCheckpoints, readLog } from "@lethe/warehouse/proof/read-log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PEOPLE = markedPeople(4);
const [gone, alsoGone, thirdGone, stays] = PEOPLE as [MarkedPerson, MarkedPerson, MarkedPerson, MarkedPerson];
const ERASED = [gone, alsoGone, thirdGone];

let world: World;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
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

describe("the log of receipts", () => {
  it("is whole, and names nobody", async () => {
    const log = await readLog(world.pool);
    expect(log.filter(({ kind }) => kind === "receipt")).toHaveLength(3);
    expect(checkLog(log, await readCheckpoints(world.pool)).faults).toEqual([]);
    expect([...createRecogniser(PEOPLE)(JSON.stringify(log))]).toEqual([]);
  });

  it("is signed to its end, a checkpoint for each run, and the newest is kept outside the database", async () => {
    const checkpoints = await readCheckpoints(world.pool);
    expect(checkpoints).toHaveLength(3);
    const newest = checkpoints.at(-1);
    expect(newest?.logSize).toBe((await readLog(world.pool)).length);
    expect(JSON.parse(await readFile(join(world.data, "state/checkpoint.json"), "utf8"))).toEqual(newest);
    const { body } = await world.api("GET", "/erasures");
    expect(body).toMatchObject({ erasures: [{}, {}, {}] });
    for (const { id } of (body as { erasures: { id: string }[] }).erasures) {
      const receipt = await world.lethe("erasure", "receipt", id, "--json");
      expect(JSON.parse(receipt.out).checkpoint.number).toBeGreaterThan(0);
    }
  });

  it.each([
    ["a changed body", 2, `set body = jsonb_set(body, '{scan,findings}', '7')`],
    ["a changed date", 1, `set body = jsonb_set(body, '{completedAt}', '"2020-01-01"')`],
    ["a changed time of writing", 1, `set created_at = created_at + interval '1 millisecond'`],
    ["a changed hash", 3, "set hash = repeat('a', 64)"],
    ["a receipt of another chain", 3, "set previous_hash = repeat('b', 64)"],
  ])("names %s", async (_, number, change) => {
    const { faults, sequence } = await tamper(number, (where) => `update privacy.proof_log ${change} ${where}`);
    expect(faults.map((fault) => fault.sequence)).toContain(sequence);
    expect(faults.find((fault) => fault.sequence === sequence)?.erasureId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("misses a receipt that was taken out", async () => {
    const { faults, sequence } = await tamper(2, (where) => `delete from privacy.proof_log ${where}`);
    expect(faults).toContainEqual(expect.objectContaining({ sequence: sequence + 1 }));
  });
});

/** Does something to one of the receipts, counted from 1, and takes it back; returns what the check finds in between. */
async function tamper(number: number, statement: (where: string) => string) {
  const sequence = await sequenceOf(number);
  const client = await connect(world.pool);
  try {
    await client.query("begin");
    await client.query(statement(`where sequence = ${sequence}`));
    return { sequence, faults: checkLog(await readLog(client), await readCheckpoints(client)).faults };
  } finally {
    await client.query("rollback");
    client.release();
  }
}

async function sequenceOf(number: number): Promise<number> {
  const receipts = (await readLog(world.pool)).filter(({ kind }) => kind === "receipt");
  return receipts[number - 1]?.sequence ?? 0;
}

it("a receipt that was tampered with makes the command fail and name it", async () => {
  const sequence = await sequenceOf(2);
  const { rows } = await world.pool.query<{ id: string }>(
    `update privacy.proof_log set body = body || '{"found": false}' where sequence = $1 returning body ->> 'erasureId' as id`,
    [sequence],
  );
  const { faults } = await verify();
  expect(faults).toMatchObject([{ sequence, erasureId: rows[0]?.id, fault: expect.any(String) }]);
  await world.pool.query(`update privacy.proof_log set body = body || '{"found": true}' where sequence = $1`, [
    sequence,
  ]);
  expect((await verify()).faults).toEqual([]);
});

it("the newest receipt that was taken away is missed", async () => {
  const sequence = await sequenceOf(3);
  await world.pool.query(`create table public.taken as select * from privacy.proof_log where sequence = ${sequence}`);
  const { rows } = await world.pool.query<{ id: string }>(
    "delete from privacy.proof_log where sequence = $1 returning body ->> 'erasureId' as id",
    [sequence],
  );
  expect((await verify()).withoutReceipt).toEqual([rows[0]?.id]);
  await world.pool.query("insert into privacy.proof_log select * from public.taken; drop table public.taken");
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
    const folder = place === "archived_data" ? world.archived : world.processed;
    const kept = (await pathsBelow(folder)).find((path) => withoutNumbers(path) === name) ?? name;
    const file = join(folder, kept);
    const before = await readFile(file);
    await appendFile(file, leak());
    expect((await verify()).findings).toEqual([{ place, name: kept, records: 1 }]);
    await writeFile(file, before);
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
