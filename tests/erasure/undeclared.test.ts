import type { TableDeclaration } from "@lethe/contracts/data-map";
import * as definitions from "@lethe/datasets/all-datasets";
import { createDatasets, type Datasets } from "@lethe/datasets/create-datasets";
import type { DatasetDefinition } from "@lethe/datasets/define-dataset";
import { scanDatabase } from "@lethe/erasure/scan-people";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { landRecords } from "@lethe/test-kit/landing";
import { markedPerson } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { migrate } from "@lethe/warehouse/migrate";
import { afterAll, beforeAll, expect, it } from "vitest";

// What happens when somebody forgets to declare a personal field: nothing may look as if all were well.

const person = markedPerson(1);
let world: World;
let pseudonyms: string[];

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [person.customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product({ sku: 11111 })]);
  await landRecords(world, "date=2022-03-02/hour=00/transactions.json", [person.transaction(1)]);
  await succeed(world, "customers", "products", "transactions");
  await landRecords(world, "date=2022-03-03/hour=00/erasure-requests.json", [person.request]);
  await succeed(world, "erasure-requests");
  await settle(world);
  const { rows } = await world.pool.query<{ pseudonyms: string[] }>(
    "select pseudonyms from warehouse.erasure_requests",
  );
  pseudonyms = rows[0]?.pseudonyms ?? [];
});
afterAll(() => world.close());

it("finds nothing with the declarations as they are", async () => {
  expect((await scan(createDatasets())).findings).toBe(0);
});

it.each([
  ["warehouse.customers", "phone_number", 1],
  ["warehouse.customers", "phone_e164", 1],
  ["warehouse.delivery_addresses", "city", 1],
] as const)("the closing scan objects when %s.%s is taken out of its declaration", async (table, column, findings) => {
  expect((await scan(without(table, column))).findings).toBe(findings);
});

it("the closing scan objects to a value that has come back", async () => {
  await world.pool.query("update warehouse.delivery_addresses set city = 'Leeds'");
  expect((await scan(createDatasets())).findings).toBe(1);
  await world.pool.query("update warehouse.delivery_addresses set city = null");
});

it("no service starts on a database with a column that nobody declares", async () => {
  const { DATABASE_URL } = world.environment;
  await expect(migrate(DATABASE_URL ?? "", without("warehouse.customers", "phone_number").database)).rejects.toThrow(
    "warehouse.customers.phone_number",
  );
});

async function scan(datasets: Datasets) {
  const context = {
    pool: world.pool,
    datasets,
    ring: parseKeyring(world.environment.LETHE_PRIVACY_KEY ?? ""),
    policy: readPolicy({}, datasets.fields),
  };
  return scanDatabase(context, pseudonyms, () => undefined);
}

/** Returns the datasets with one column less in a table's declaration. */
function without(table: string, column: string): Datasets {
  const lacking = (declared: TableDeclaration): TableDeclaration => {
    if (declared.name !== table) return declared;
    return {
      ...declared,
      columns: Object.fromEntries(Object.entries(declared.columns).filter(([name]) => name !== column)),
    };
  };
  const all: readonly DatasetDefinition[] = Object.values(definitions);
  return createDatasets(all.map((dataset) => ({ ...dataset, tables: dataset.tables.map(lacking) })));
}
