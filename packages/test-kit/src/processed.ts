import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { DatasetName } from "@lethe/contracts/datasets";
import { expect } from "vitest";
import { pathsBelow } from "./folders.js";
import type { World } from "./world.js";

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Returns the records of a dataset in `processed_data/`, by partition folder (`date=…/hour=…`). */
export async function readProcessed(world: World, dataset: DatasetName): Promise<Map<string, JsonRecord[]>> {
  const byPartition = new Map<string, JsonRecord[]>();
  for (const path of await pathsBelow(world.processed)) {
    if (!path.endsWith(`/${dataset}.json.gz`)) continue;
    const text = gunzipSync(await readFile(join(world.processed, path))).toString("utf8");
    const records = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): JsonRecord => JSON.parse(line));
    byPartition.set(path.slice(0, path.lastIndexOf("/")), records);
  }
  return byPartition;
}

/** Requires that each transaction stands in the warehouse and in processed_data once, under the same customer. */
export async function expectSalesOnce(world: World): Promise<void> {
  const { rows } = await world.pool.query<{ id: string; customer: string }>(
    "select transaction_id::text as id, customer_id as customer from warehouse.transactions order by 1",
  );
  const processed = [...(await readProcessed(world, "transactions")).values()].flat();
  const sales = processed.map((record) => ({ id: record.transaction_id, customer: record.customer_id }));
  expect(sales.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1))).toEqual(rows);
}
