import { cp, readFile } from "node:fs/promises";
import type { Run } from "@lethe/contracts/runs";
import type { CountedDataset } from "./plain-count.js";
import { readProcessed } from "./processed.js";
import { fromRepository } from "./repository.js";
import { runAllByCommand } from "./runs.js";
import { readRows, type WarehouseTable } from "./warehouse-rows.js";
import type { World } from "./world.js";

/** What a world that loads the known hour must have: pseudonyms and keyed hashes follow from the key, so this one is fixed. */
export const KNOWN_HOUR_SETTINGS = {
  LETHE_PRIVACY_KEY: "0123456789abcdef".repeat(4),
  LETHE_ERASURE_OUTCOME: "pseudonymise",
} as const;

const TABLES: Readonly<Record<CountedDataset, readonly WarehouseTable[]>> = {
  customers: ["customers", "customers_history"],
  products: ["products", "products_history"],
  transactions: ["transactions", "delivery_addresses", "purchases"],
  "erasure-requests": ["erasure_requests"],
};

/** Differ from run to run. */
const MOMENTS = ["id", "erased_at", "received_at"];

/** Loads the hour of tests/fixtures/golden, the erasure in it included, and returns the runs. */
export async function loadKnownHour(world: World): Promise<Readonly<Record<CountedDataset, Run>>> {
  await cp(fromRepository("tests/fixtures/golden"), world.landing, { recursive: true });
  return runAllByCommand(world);
}

/** Returns what has become of a dataset's part of the known hour, in the form of its golden file. */
export async function resultOfKnownHour(world: World, dataset: CountedDataset, run: Run): Promise<string> {
  const warehouse: Record<string, unknown> = {};
  for (const table of TABLES[dataset]) {
    warehouse[table] = await readRows(world.pool, table, dataset === "erasure-requests" ? MOMENTS : ["erased_at"]);
  }
  const { rows: quarantine } = await world.pool.query(
    `select line, reason, pointer, message, missing_key, status, payload from ledger.quarantine
     where dataset = $1 order by line`,
    [dataset],
  );
  const { records, files } = run;
  const processed = Object.fromEntries(await readProcessed(world, dataset));
  return `${JSON.stringify({ records, files, warehouse, processed_data: processed, quarantine }, null, 2)}\n`;
}

/** Returns a dataset's golden file. */
export function goldenFile(dataset: CountedDataset): Promise<string> {
  return readFile(fromRepository(`tests/golden/${dataset}.json`), "utf8");
}
