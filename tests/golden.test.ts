import { cp } from "node:fs/promises";
import type { Run } from "@lethe/contracts/runs";
import { COUNTED_DATASETS, type CountedDataset } from "@lethe/test-kit/plain-count";
import { readProcessed } from "@lethe/test-kit/processed";
import { fromRepository } from "@lethe/test-kit/repository";
import { runAllByCommand } from "@lethe/test-kit/runs";
import { readRows, type WarehouseTable } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// What one known hour (tests/fixtures/golden) becomes. After a change on purpose, write the files anew and read the diff:
//   npx vitest run --config vitest.integration.config.ts tests/golden.test.ts --update

/** Pseudonyms and keyed hashes follow from the key, so this one is fixed. */
const KEY = "0123456789abcdef".repeat(4);

const TABLES: Readonly<Record<CountedDataset, readonly WarehouseTable[]>> = {
  customers: ["customers", "customers_history"],
  products: ["products", "products_history"],
  transactions: ["transactions", "delivery_addresses", "purchases"],
  "erasure-requests": ["erasure_requests"],
};

/** Differ from run to run. */
const MOMENTS = ["id", "erased_at", "received_at"];

let world: World;
let runs: Readonly<Record<CountedDataset, Run>>;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_PRIVACY_KEY: KEY, LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  await cp(fromRepository("tests/fixtures/golden"), world.landing, { recursive: true });
  runs = await runAllByCommand(world);
});
afterAll(() => world.close());

it.each(COUNTED_DATASETS)("makes of the known hour's %s what the golden file says", async (dataset) => {
  const warehouse: Record<string, unknown> = {};
  for (const table of TABLES[dataset]) {
    warehouse[table] = await readRows(world.pool, table, dataset === "erasure-requests" ? MOMENTS : ["erased_at"]);
  }
  const { rows: quarantine } = await world.pool.query(
    `select line, reason, pointer, message, missing_key, status, payload from ledger.quarantine
     where dataset = $1 order by line`,
    [dataset],
  );
  const { records, files } = runs[dataset];
  const processed = Object.fromEntries(await readProcessed(world, dataset));
  const golden = { records, files, warehouse, processed_data: processed, quarantine };
  await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot(`golden/${dataset}.json`);
});
