import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReplayPlan } from "@lethe/contracts/quarantine";
import { findPeople } from "@lethe/test-kit/everything";
import { filesBelow } from "@lethe/test-kit/folders";
import { land, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPerson } from "@lethe/test-kit/marked-people";
import { expectSalesOnce } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi, settle, succeed, untilClosed } from "@lethe/test-kit/runs";
import { checksums, countOf } from "@lethe/test-kit/warehouse-rows";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const gone = markedPerson(11);

let world: World;
beforeAll(async () => {
  world = await openWorld({ services: ["scheduler", "extractor", "loader"], settings: NO_THRESHOLDS });
  const strict = await world.start("transformer");
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product(), product({ sku: 5, price: "a lot" })]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [
    customer(),
    gone.customer(),
    customer({ id: "000002", first_name: null }),
    customer(),
  ]);
  await succeed(world, "products", "customers");
  await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [transaction(1), gone.transaction(1)]);
  await land(world, "date=2022-03-01/hour=02/transactions.json", sales.map((sale) => `${text(sale)}\n`).join(""));
  await runByApi(world, "transactions");
  await settle(world);
  await world.stop(strict);
  // What was set aside as a refund loads from now on, and who waited for a customer finds one, though no run has brought it.
  await world.start("transformer", { LETHE_REFUNDS: "accept" });
  await arrive("000777");
});
afterAll(() => world.close());

const text = (sale: unknown) => (typeof sale === "string" ? sale : JSON.stringify(sale));

const bought = (quanitity: number, price: string, total: string, total_cost = total, sku = 11111) => ({
  purchases: { products: [{ sku, quanitity, price, total }], total_cost },
});

/** Each stands in quarantine for another reason, or for the same and another end. */
const sales: readonly unknown[] = [
  transaction(1),
  transaction(1, { transaction_time: "2022-03-01T09:00:00" }),
  transaction(2, bought(-1, "2.50", "-2.50")),
  transaction(2, { ...bought(-2, "2.50", "-5.00") }),
  transaction(3, bought(2, "2.50", "5.00", "9.99")),
  transaction(4, { customer_id: "000777" }),
  transaction(5, { customer_id: "000778" }),
  transaction(6, bought(1, "1.00", "1.00", "1.00", 999)),
  transaction(7, { transaction_time: "yesterday" }),
  transaction(8, { ...bought(-1, "2.50", "-2.50"), customer_id: "000778" }),
  transaction(9, bought(-1, "2.50", "-2.50", "-2.50", 999)),
  gone.transaction(2, bought(-1, "2.50", "-2.50")),
  '{"transaction_id": 1',
  "null",
];

/** Adds a customer behind everybody's back, as one that a run has brought that has not ended yet. */
async function arrive(id: string): Promise<void> {
  await world.pool.query(
    `insert into warehouse.customers
     select (jsonb_populate_record(c, jsonb_build_object('id', $1::text, 'email', $1 || '@example.org', 'analytics_id', gen_random_uuid()))).*
     from warehouse.customers c where id = '000001'`,
    [id],
  );
}

async function plan(request: object = {}): Promise<readonly ReplayPlan[]> {
  const { status, body } = await world.api("POST", "/quarantine/replay/plan", request);
  expect(status, JSON.stringify(body)).toBe(200);
  return (body as { plans: ReplayPlan[] }).plans;
}

/** Returns what stands anywhere but in the ledger's runs and batches. */
async function everything(): Promise<unknown> {
  const sumOf = async (table: string) => {
    const { rows } = await world.pool.query<{ sum: string }>(
      `select md5(string_agg(t::text, E'\n' order by t::text)) as sum from ${table} t`,
    );
    return rows[0]?.sum;
  };
  const { rows: tables } = await world.pool.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables
     where schemaname in ('ledger', 'privacy', 'warehouse')
       and tablename not in ('runs', 'batches', 'schema_changes') order by 1`,
  );
  const sums: unknown[] = [];
  for (const { name } of tables) sums.push([name, await sumOf(name)]);
  for (const path of (await filesBelow(world.data)).keys()) {
    if (path.startsWith("logs/")) continue;
    const bytes = await readFile(join(world.data, path));
    sums.push([path, createHash("sha256").update(bytes).digest("hex")]);
  }
  return sums;
}

async function openOf(reason: string): Promise<number> {
  return countOf(
    world.pool,
    "select count(*) as n from ledger.quarantine where status = 'open' and dataset = 'transactions' and reason = $1",
    [reason],
  );
}

/** Replays what a plan was made of, and returns what has become of it in the same form. */
async function replayed(request: object): Promise<readonly object[]> {
  const { status, body } = await world.api("POST", "/quarantine/replay", request);
  expect(status, JSON.stringify(body)).toBe(202);
  const found: object[] = [];
  for (const { id } of (body as { runs: { id: string }[] }).runs) {
    const { job, records } = await untilClosed(world, id);
    const { in: takes, loaded: loads, rejected: rejects, rejectedByReason } = records;
    found.push({ job, takes, loads, rejects, rejectedByReason });
  }
  return found;
}

const outcomeOf = ({ job, takes, loads, rejects, rejectedByReason }: ReplayPlan) => ({
  ...{ job, takes, loads, rejects, rejectedByReason },
});

describe("a plan", () => {
  it("changes nothing, and leaves nothing in staging", async () => {
    expect(Object.keys(await checksums(world.pool))).toContain("customers");
    const before = await everything();
    const plans = await plan();
    expect(plans.map(({ job }) => job)).toEqual(["customers", "products", "transactions"]);
    expect(await everything()).toEqual(before);
    expect((await filesBelow(world.staging)).size).toBe(0);
    const last = await world.api("GET", "/runs?limit=1");
    expect(last.body).toMatchObject({ runs: [{ kind: "plan", state: "succeeded" }] });
  });

  it("is of nothing where nothing is meant, and of no request to be forgotten", async () => {
    const nothing = { takes: 0, leaves: 0, loads: 0, rejects: 0, rejectedByReason: {}, runId: null };
    expect(await plan({ dataset: "products", partition: "1999-01-01" })).toEqual([{ job: "products", ...nothing }]);
    expect(await plan({ partition: "1999-01-01" })).toEqual([]);
    const refused = await world.api("POST", "/quarantine/replay/plan", { dataset: "erasure-requests" });
    expect(refused).toMatchObject({ status: 400, body: { code: "input_invalid" } });
    const unknown = { runId: "00000000-0000-4000-8000-000000000000" };
    expect((await world.api("POST", "/quarantine/replay/plan", unknown)).status).toBe(404);
    for (const body of [{ limit: 0 }, { limit: 10_001 }, { partition: "2022-02-30" }, { reason: "none" }]) {
      expect((await world.api("POST", "/quarantine/replay/plan", body)).status).toBe(400);
    }
  });

  it("counts what the limit leaves, and takes the oldest", async () => {
    const [limited] = await plan({ dataset: "transactions", limit: 2 });
    const open = await countOf(
      world.pool,
      "select count(*) as n from ledger.quarantine where status = 'open' and dataset = 'transactions' and payload is not null and reason <> 'conflict'",
    );
    expect(limited).toMatchObject({ takes: 2 });
    expect((limited?.takes ?? 0) + (limited?.leaves ?? 0)).toBeGreaterThanOrEqual(open);
  });

  it("is printed by the command, and as JSON", async () => {
    const [expected] = await plan({ dataset: "transactions" });
    const { code, out, err } = await world.lethe("quarantine", "replay", "--dry-run", "--dataset", "transactions");
    expect(code, err).toBe(0);
    expect(out).toMatch(/would load +\d+/);
    expect(out).toMatch(/stays: unknown_sku +\d+/);
    const asJson = await world.lethe("quarantine", "replay", "--dry-run", "--json", "--dataset", "transactions");
    expect(JSON.parse(asJson.out)).toEqual({ ...expected, runId: expect.any(String) });
  });
});

describe("a replay", () => {
  it.each([
    ["unknown_customer", { takes: 2, loads: 1 }],
    ["refund", { takes: 5, loads: 2, rejects: 3 }],
    ["unknown_sku", { loads: 0 }],
    ["total_mismatch", { loads: 0 }],
    ["schema", { loads: 0 }],
    ["duplicate", { loads: 0 }],
    ["conflict", { loads: 0 }],
    ["unreadable", { loads: 0 }],
  ])("of what was rejected as %s does what the plan has said", async (reason, expected) => {
    const request = { dataset: "transactions", reason };
    expect(await openOf(reason)).toBeGreaterThan(0);
    const plans = await plan(request);
    expect(plans, JSON.stringify(plans)).toMatchObject([expected]);
    expect(await replayed(request)).toEqual(plans.map(outcomeOf));
  });

  it("of a limit does what the plan has said", async () => {
    const request = { dataset: "transactions", limit: 3 };
    const plans = await plan(request);
    expect(plans).toMatchObject([{ takes: 3 }]);
    expect(await replayed(request)).toEqual(plans.map(outcomeOf));
  });

  it("of everything does what the plans have said", async () => {
    const plans = await plan();
    expect(await replayed({})).toEqual(plans.map(outcomeOf));
    await expectSalesOnce(world);
  });
});

describe("somebody who is erased", () => {
  it("is in nothing that a plan has left", async () => {
    await landRecords(world, "date=2022-03-01/hour=05/transactions.json", [
      gone.transaction(5, bought(1, "1.00", "1.00", "1.00", 999)),
    ]);
    await runByApi(world, "transactions");
    await plan();
    await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [gone.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
    const plans = await plan({ dataset: "transactions" });
    expect(plans[0]?.takes).toBeGreaterThan(0);
    expect(await findPeople(world, createRecogniser([gone]), (n) => n === gone.n)).toEqual([]);
  });

  it("is held as ever, and a plan says so", async () => {
    await landRecords(world, "date=2022-03-03/hour=00/customers.json", [
      gone.customer({ id: "000555", first_name: "Another", last_name: "Person" }),
    ]);
    await runByApi(world, "customers");
    const plans = await plan({ dataset: "customers" });
    expect(plans).toMatchObject([{ rejectedByReason: { held: 1 } }]);
    expect(await replayed({ dataset: "customers" })).toEqual(plans.map(outcomeOf));
  });
});

describe("a plan that the services do not come to", () => {
  it("is found by the next one, which is refused, until its services are there", async () => {
    for (const service of world.running) if (service.name === "transformer") await world.stop(service);
    const first = world.api("POST", "/quarantine/replay/plan", { dataset: "transactions" });
    const second = world.api("POST", "/quarantine/replay/plan", { dataset: "transactions" });
    const refused = await Promise.race([first, second]);
    expect(refused).toMatchObject({ status: 409, body: { code: "run_active" } });
    await world.start("transformer");
    expect((await Promise.all([first, second])).map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
