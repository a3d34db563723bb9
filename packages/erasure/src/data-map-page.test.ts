import { fileURLToPath } from "node:url";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { readPolicy } from "@lethe/privacy/read-policy";
import { LEDGER_TABLES } from "@lethe/warehouse/ledger-tables";
import { PRIVACY_TABLES } from "@lethe/warehouse/privacy-tables";
import { expect, it } from "vitest";
import { dataMapPage } from "./data-map-page.js";

const PAGE = fileURLToPath(new URL("../../../docs/data-map.md", import.meta.url));

it("docs/data-map.md is what the declarations say", async () => {
  const datasets = createDatasets();
  const policy = readPolicy({}, datasets.fields);
  const page = dataMapPage([
    ...datasets.all.map(({ name, tables }) => ({
      heading: `Dataset ${name}`,
      tables,
      strategies: policy.datasets[name] ?? {},
    })),
    { heading: "Ledger", tables: LEDGER_TABLES, strategies: {} },
    { heading: "Privacy", tables: PRIVACY_TABLES, strategies: {} },
  ]);
  await expect(page).toMatchFileSnapshot(PAGE);
});

it("fails for a personal column of which nothing says what becomes of it", () => {
  const table = {
    name: "warehouse.notes",
    title: "Notes",
    primaryKey: "id",
    columns: { note: { kind: "personal" } },
    rights: {},
  } as const;
  expect(() => dataMapPage([{ heading: "Notes", tables: [table], strategies: {} }])).toThrow("what an erasure leaves");
});
