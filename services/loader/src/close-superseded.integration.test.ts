import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { describe, expect } from "vitest";
import { addBatch, addFile, addQuarantined, addRun } from "../../../packages/warehouse/test/ledger-rows.js";
import { it } from "../test/loader-fixture.js";
import { closeSuperseded } from "./close-superseded.js";

describe("closeSuperseded", () => {
  it("looks at so many at the end of a run, the newest first, and at the others in turn", async ({ context, pool }) => {
    const runId = await addRun(pool, { job: "products" });
    const fileId = await addFile(pool, runId, { dataset: "products" });
    const later = await addFile(pool, runId, { dataset: "products" });
    await addBatch(pool, runId, { state: "loaded", records_loaded: 1 });
    const ids: number[] = [];
    for (let sku = 1; sku <= 30; sku++) {
      ids.push(await addQuarantined(pool, runId, fileId, { dataset: "products", payload: JSON.stringify({ sku }) }));
    }
    // Every other one was delivered again, corrected.
    await addProducts(pool, later, 2, 30);
    const products = context.datasets.get("products");
    const upTo = new Map<string, number>();
    const open = async () => {
      const { rows } = await pool.query<{ id: number }>(
        "select id from ledger.quarantine where status = 'open' order by id",
      );
      return rows.map(({ id }) => ids.indexOf(id) + 1);
    };
    const close = () => inTransaction(pool, (client) => closeSuperseded(client, runId, products, upTo, 6));
    const closed: number[] = [];
    for (let i = 0; i < 6; i++) closed.push(await close());
    // The six newest and the six oldest first.
    expect(closed[0]).toBe(6);
    expect(closed.reduce((sum, n) => sum + n, 0)).toBe(15);
    expect(await open()).toEqual(Array.from({ length: 15 }, (_, i) => 2 * i + 1));
  });

  it("does nothing at the end of a run that has loaded nothing", async ({ context, pool }) => {
    const runId = await addRun(pool, { job: "products" });
    const fileId = await addFile(pool, runId, { dataset: "products" });
    const later = await addFile(pool, runId, { dataset: "products" });
    const batchId = await addBatch(pool, runId, { state: "loaded" });
    await addQuarantined(pool, runId, fileId, { dataset: "products", payload: '{"sku": 1}' });
    await addProducts(pool, later, 1, 1);
    const products = context.datasets.get("products");
    const close = () => inTransaction(pool, (client) => closeSuperseded(client, runId, products, new Map()));
    expect(await close()).toBe(0);
    await pool.query("update ledger.batches set records_loaded = 1 where id = $1", [batchId]);
    expect(await close()).toBe(1);
    expect(await close()).toBe(0);
  });

  it("knows a record by an id of its own alone, whatever its text looks like", async ({ context, pool }) => {
    const runId = await addRun(pool, { job: "products" });
    const fileId = await addFile(pool, runId, { dataset: "products" });
    const later = await addFile(pool, runId, { dataset: "products" });
    await addBatch(pool, runId, { state: "loaded", records_loaded: 1 });
    await addProducts(pool, later, 7, 7);
    const own = ['{"sku" : "7"}', '{ "name": "sku", "sku":7 }', '{"sku":\n\t 7}', '{"sku":"7 "}'];
    const others = [
      ...['{"old":{"sku":7},"sku":8}', '{"sku":77}', '{"sku":-7}', '{"sku":"7"', "[7]", "null", '"sku"'],
      ...['{"sku":"99999999999999999999"}', '{"sku":[7]}', '{"sku":""}', '{"sku":7.5}', '{"Sku":7}', "sku: 7"],
    ];
    for (const payload of [...own, ...others])
      await addQuarantined(pool, runId, fileId, { dataset: "products", payload });
    const products = context.datasets.get("products");
    await inTransaction(pool, (client) => closeSuperseded(client, runId, products, new Map()));
    const { rows } = await pool.query<{ payload: string }>(
      "select payload from ledger.quarantine where status = 'superseded' order by id",
    );
    expect(rows.map(({ payload }) => payload)).toEqual(own);
  });
});

async function addProducts(pool: Pool, fileId: number, from: number, to: number): Promise<void> {
  await pool.query(
    `insert into warehouse.products (sku, name, price, category, popularity, source_partition, source_file_id, valid_from)
     select sku, 'Soap', 1, 'health', 1, '2020-01-01T05:00:00Z', $1, '2020-01-01' from generate_series($2::integer, $3, 2) as sku`,
    [fileId, from, to],
  );
}
