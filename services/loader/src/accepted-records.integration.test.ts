import { Readable } from "node:stream";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { RecordPlace } from "@lethe/datasets/dataset";
import { copyIn } from "@lethe/warehouse/copy-in";
import { inTransaction } from "@lethe/warehouse/pool";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { addFile, addRun } from "../../../packages/warehouse/test/ledger-rows.js";
import { it } from "../test/loader-fixture.js";
import { addCustomerAndProduct, sale } from "../test/sales.js";
import { createStage } from "./create-stage.js";
import { findMergeRejects } from "./merge-rejects.js";

const integer = fc.oneof(
  fc.constantFrom(-2_147_483_649, -2_147_483_648, -1, -0, 0, 1, 2_147_483_647, 2_147_483_648, 2 ** 53 + 2, 1e21, 0.5),
  fc.integer(),
);
const money = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "-0.00",
    "00.10",
    "9999999999.9999",
    "-9999999999.9999",
    "1e3",
    "+1",
    "NaN",
    "Infinity",
    "1,0",
  ),
  fc.stringMatching(/^-?\d{1,11}(\.\d{1,5})?$/),
);
const text = fc.oneof(
  fc.string({ unit: "binary-ascii" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("\\", "\\.", "\\N", "\t", "a\u200bb", "\u{1f468}\u200d\u{1f469}", "GB", "", null),
);
const time = fc.oneof(
  fc.constantFrom(
    "0001-01-01",
    "9999-12-31T24:00",
    "9999-12-31T23:59:59.9999999-15:59",
    "0001-01-01T00:00+15:59",
    "infinity",
  ),
  fc.constantFrom(
    "2020-02-30",
    "2016-12-31T23:59:60Z",
    "2021-W53-7",
    "0000-01-01",
    "2020-06-01T10:00:00.123456789012Z",
    "10000-01-01",
  ),
  fc
    .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 23)),
);
const id = fc.stringMatching(/^\d{6}$/);

const RECORDS = {
  customers: fc.record({
    id,
    first_name: text,
    last_name: text,
    date_of_birth: fc.option(time),
    email: fc.constantFrom("a@example.org", "\u200bz@b\u00fccher.example", "no"),
    phone_number: text,
    address: text,
    city: text,
    country: text,
    postcode: text,
    last_change: fc.option(time),
    segment: text,
  }),
  products: fc.record({
    sku: fc.oneof(fc.integer({ min: 1, max: 9 }), integer),
    name: text,
    price: fc.oneof(fc.constantFrom("4.99", "5"), money),
    category: text,
    popularity: fc.oneof(fc.constant(0.5), fc.double(), fc.constantFrom(Number.MIN_VALUE, Number.MAX_VALUE, -0)),
  }),
  transactions: fc.record({
    transaction_id: fc.uuid(),
    transaction_time: time,
    customer_id: fc.constantFrom("013000", "999999"),
    delivery_address: fc.record({ address: text, postcode: text, city: text, country: text }),
    purchases: fc.record({
      products: fc.array(
        fc.record({ sku: fc.oneof(fc.constant(50_121), integer), quantity: integer, price: money, total: money }),
        { minLength: 1, maxLength: 3 },
      ),
      total_cost: money,
    }),
  }),
} satisfies Partial<Record<DatasetName, fc.Arbitrary<object>>>;

const HUGE = {
  ...(sale(7) as { purchases: object }),
  transaction_time: "0001-01-01T00:00:00Z",
  purchases: {
    products: [
      { sku: 50_121, quantity: -2_147_483_648, price: "0.0001", total: "-9999999999.9999" },
      { sku: 50_121, quantity: 2_147_483_647, price: "0.0001", total: "9999999999.9999" },
    ],
    total_cost: "-0.0001",
  },
};

describe("a record that a dataset accepts", () => {
  it.for(Object.keys(RECORDS) as (keyof typeof RECORDS)[])(
    "is one that PostgreSQL stores: %s",
    async (name, { context }) => {
      const { pool, datasets, ring } = context;
      const dataset = datasets.get(name);
      const runId = await addRun(pool, { job: name });
      const fileId = await addFile(pool, runId, { dataset: name });
      if (name === "transactions") await addCustomerAndProduct(pool, fileId);
      let accepted = 0;
      const records = fc.array(RECORDS[name] as fc.Arbitrary<object>, { minLength: 1, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(records, async (arrived) => {
          const written = dataset.stagingTables.map((): string[] => []);
          const sinks = written.map((ofTable) => ({ append: (rows: string) => void ofTable.push(rows) }));
          let ordinal = 0;
          const all = name === "transactions" ? [...arrived, HUGE] : arrived;
          for (const record of all) {
            const misfit = dataset.check(record);
            if (misfit !== undefined && misfit.reason !== "refund") continue;
            const partitionStart = "2021-01-01T00:00:00Z";
            const place: RecordPlace = { ordinal, fileId, line: ordinal + 1, partitionStart, masked: false };
            if ("processed" in dataset.accept(record, place, sinks, ring.current)) ordinal += 1;
          }
          accepted += ordinal;
          await inTransaction(pool, async (client) => {
            await createStage(client, dataset);
            await client.query("select set_config('lethe.part', '0', true)");
            for (const [i, table] of dataset.stagingTables.entries()) {
              const columns = table.columns.map(([column]) => column);
              await copyIn(client, table.name, columns, Readable.from([Buffer.from((written[i] ?? []).join(""))]));
            }
            await findMergeRejects(client, dataset);
            for (const statement of dataset.merge.apply) await client.query(statement);
          });
        }),
        { numRuns: 40 },
      );
      expect(accepted).toBeGreaterThan(20);
      if (name === "transactions") {
        const { rows } = await pool.query(
          "select sum(total)::text as total, count(*)::int as lines from warehouse.purchases p join warehouse.transactions t using (transaction_key) where t.total_cost = -0.0001",
        );
        expect(rows).toEqual([{ total: "0.0000", lines: 2 }]);
      }
    },
  );
});

it("adds up below zero in what is left of sales that were folded into sums", async ({ pool }) => {
  const runId = await addRun(pool, { job: "products" });
  await addCustomerAndProduct(pool, await addFile(pool, runId, { dataset: "products" }));
  for (const quantity of [-5, -1, 0, 7]) {
    await pool.query("truncate warehouse.erased_sales, warehouse.erased_sales_days");
    await pool.query(
      `with day as (
         insert into warehouse.erased_sales_days (day, transactions, total_cost) values ('2021-01-01', 3, -1.50)
         returning sales_key
       )
       insert into warehouse.erased_sales (sales_key, sku, lines, quantity, total)
       select sales_key, 50121, 3, $1, -1.50 from day`,
      [quantity],
    );
    const { rows } = await pool.query(
      "select count(*)::int as lines, sum(quantity)::int as quantity, sum(total)::text as total from analytics.purchases",
    );
    expect(rows).toEqual([{ lines: 3, quantity, total: "-1.50" }]);
  }
  await pool.query("truncate warehouse.erased_sales, warehouse.erased_sales_days");
});
