import { findPeople } from "@lethe/test-kit/everything";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPerson } from "@lethe/test-kit/marked-people";
import { expectSalesOnce, readProcessed } from "@lethe/test-kit/processed";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const gone = markedPerson(7);

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer(), gone.customer()]);
  await succeed(world, "products", "customers");
});
afterAll(() => world.close());

interface Row {
  readonly id: number;
  readonly status: string;
  readonly reason: string;
  readonly payload: string;
}

async function quarantined(dataset: string): Promise<Row[]> {
  const { rows } = await world.pool.query<Row>(
    "select id, status, reason, payload from ledger.quarantine where dataset = $1 order by id",
    [dataset],
  );
  return rows;
}

async function openRecord(dataset: string): Promise<Row> {
  const [row] = (await quarantined(dataset)).filter(({ status }) => status === "open");
  if (row === undefined) throw new Error(`nothing of ${dataset} is open`);
  return row;
}

const wrongTotal = (n: number, fields = {}) => {
  const sale = transaction(n, fields);
  return { ...sale, purchases: { ...sale.purchases, total_cost: "9.99" } };
};

describe("a record that is corrected", () => {
  it("is loaded by its replay, and stays in quarantine as it came", async () => {
    await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [wrongTotal(1)]);
    await succeed(world, "transactions");
    const before = await openRecord("transactions");
    const changes = { purchases: { total_cost: "5.00" } };
    const answer = await world.api("POST", `/quarantine/${before.id}/correct`, { changes });
    expect(answer).toMatchObject({ status: 202, body: { fields: ["purchases"], takenBy: "this_run" } });
    await settle(world);
    expect(await quarantined("transactions")).toEqual([
      { ...before, status: "superseded" },
      { ...before, id: expect.any(Number), status: "replayed", payload: JSON.stringify(transaction(1)) },
    ]);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(1);
    const processed = await readProcessed(world, "transactions");
    expect([...processed.values()].flat().map((record) => record.transaction_id)).toEqual([
      transaction(1).transaction_id,
    ]);
    await expectSalesOnce(world);
  });

  it("stays open when it is rejected once more, and can be corrected again", async () => {
    await landRecords(world, "date=2022-03-01/hour=02/transactions.json", [wrongTotal(2)]);
    await succeed(world, "transactions");
    const { id } = await openRecord("transactions");
    await world.api("POST", `/quarantine/${id}/correct`, {
      changes: { customer_id: "999999", purchases: { total_cost: "5.00" } },
    });
    await settle(world);
    const second = await openRecord("transactions");
    expect(second.reason).toBe("unknown_customer");
    const shown = await world.api("GET", `/quarantine/${second.id}`);
    expect(shown.body).toMatchObject({
      corrects: id,
      missingKey: "999999",
      message: expect.stringContaining("999999"),
    });
    await world.api("POST", `/quarantine/${second.id}/correct`, { record: transaction(2) });
    await settle(world);
    expect((await quarantined("transactions")).slice(-3).map(({ status }) => status)).toEqual([
      "superseded",
      "superseded",
      "replayed",
    ]);
    await expectSalesOnce(world);
  });
});

describe("a record that is delivered again, corrected", () => {
  it("closes the one in quarantine as superseded", async () => {
    const sales = [wrongTotal(11), wrongTotal(12), transaction(13, { customer_id: "888888" })];
    await landRecords(world, "date=2022-03-01/hour=03/transactions.json", sales);
    await landRecords(world, "date=2022-03-01/hour=03/customers.json", [
      customer({ id: "000321", first_name: null }),
      customer({ id: "000322", first_name: null }),
    ]);
    await landRecords(world, "date=2022-03-02/hour=00/products.json", [product({ sku: 33333, price: "a lot" })]);
    await succeed(world, "transactions", "customers", "products");
    const open = await openRecord("transactions");
    await landRecords(world, "date=2022-03-01/hour=04/transactions.json", [transaction(11), transaction(13)]);
    await landRecords(world, "date=2022-03-01/hour=04/customers.json", [customer({ id: "000321" })]);
    await landRecords(world, "date=2022-03-03/hour=00/products.json", [product({ sku: 33333 })]);
    await succeed(world, "transactions", "customers", "products");
    await settle(world);
    const stateOf = async (dataset: string) =>
      (await quarantined(dataset))
        .filter(({ id }) => dataset !== "transactions" || id >= open.id)
        .map(({ status }) => status);
    expect(await stateOf("transactions")).toEqual(["superseded", "open", "superseded"]);
    expect(await stateOf("customers")).toEqual(["superseded", "open"]);
    expect(await stateOf("products")).toEqual(["superseded"]);
  });

  it("closes none that came later than what is loaded, and none that is older than it", async () => {
    const before = await quarantined("customers");
    // The good one comes first; then a late version of an older partition comes behind a faulty one.
    await landRecords(world, "date=2022-03-01/hour=05/customers.json", [customer({ id: "000322" })]);
    await succeed(world, "customers");
    await landRecords(world, "date=2022-03-01/hour=06/customers.json", [customer({ id: "000322", last_name: null })]);
    await succeed(world, "customers");
    await landRecords(world, "date=2022-02-01/hour=00/customers.json", [customer({ id: "000322", city: "Cork" })]);
    await succeed(world, "customers");
    const after = await quarantined("customers");
    expect(after.slice(before.length).map(({ status }) => status)).toEqual(["open"]);
  });
});

describe("somebody who is erased", () => {
  const recognise = createRecogniser([gone]);

  it("is gone from corrections, and from the records that they correct", async () => {
    // The sale comes under somebody else's number. One correction is loaded, one waits for its product.
    const waits = {
      purchases: { products: [{ sku: 44444, quantity: 1, price: "1.00", total: "1.00" }], total_cost: "1.00" },
    };
    const sales = [
      gone.transaction(1, { customer_id: "777777" }),
      gone.transaction(2, { customer_id: "777778", ...waits }),
    ];
    await landRecords(world, "date=2022-03-01/hour=07/transactions.json", sales);
    await succeed(world, "transactions");
    const records = (await quarantined("transactions")).filter(
      ({ payload, status }) => status === "open" && /77777\d/.test(payload),
    );
    expect(records).toHaveLength(2);
    for (const { id } of records) {
      const answer = await world.api("POST", `/quarantine/${id}/correct`, { changes: { customer_id: gone.id } });
      expect(answer.status).toBe(202);
      await settle(world);
    }
    const held = await world.api("POST", "/subjects/export", { customerId: gone.id, email: gone.email });
    expect((held.body as { quarantine: unknown[] }).quarantine).toHaveLength(4);
    await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [gone.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
    expect(await findPeople(world, recognise, (n) => n === gone.n)).toEqual([]);
    const ids = records.map(({ id }) => id);
    const { rows } = await world.pool.query<{ status: string }>(
      "select status from ledger.quarantine where id = any ($1) or corrects = any ($1) order by corrects nulls first, id",
      [ids],
    );
    expect(rows.map(({ status }) => status)).toEqual(["erased", "erased", "erased", "open"]);
    expect(await world.logs()).not.toContain("777777");
  });

  it("is counted with the sale that waited, once its product comes", async () => {
    const before = await countOf(world.pool, "select count(*) as n from warehouse.transactions");
    await landRecords(world, "date=2022-03-04/hour=00/products.json", [product({ sku: 44444 })]);
    await succeed(world, "products");
    await settle(world);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(before + 1);
    expect(await findPeople(world, recognise, (n) => n === gone.n)).toEqual([]);
  });

  it.each([
    ["by their number", { customer_id: gone.id }],
    ["in words", { delivery_address: { address: `care of ${gone.email}` } }],
  ])("does not come back by a correction that names them %s", async (_, changes) => {
    const { id } = await openRecord("transactions");
    const answer = await world.api("POST", `/quarantine/${id}/correct`, { changes });
    expect(answer).toMatchObject({ status: 409, body: { code: "run_state" } });
    expect(await findPeople(world, recognise, (n) => n === gone.n)).toEqual([]);
  });

  it("does not come back by what an erasure has left of a record", async () => {
    const { rows } = await world.pool.query<{ id: number }>(
      "select min(id) as id from ledger.quarantine where status = 'erased'",
    );
    const answer = await world.api("POST", `/quarantine/${rows[0]?.id}/correct`, { record: gone.transaction(1) });
    expect(answer).toMatchObject({ status: 409, body: { code: "run_state" } });
  });
});

describe("a record that is discarded", () => {
  it("is closed with its reason, and no replay takes it", async () => {
    await landRecords(world, "date=2022-03-01/hour=08/transactions.json", [wrongTotal(31), wrongTotal(32)]);
    await succeed(world, "transactions");
    const { id } = await openRecord("transactions");
    const { code, err } = await world.lethe("quarantine", "discard", String(id), "--ground", "a test sale");
    expect(code, err).toBe(0);
    const { body } = await world.api("GET", `/quarantine/${id}`);
    expect(body).toMatchObject({
      status: "discarded",
      acts: [{ act: "discarded", by: "command-line", reason: "a test sale" }, {}],
    });
    await world.lethe("quarantine", "replay", "--dataset", "transactions", "--follow");
    expect((await quarantined("transactions")).find((row) => row.id === id)?.status).toBe("discarded");
  });
});
