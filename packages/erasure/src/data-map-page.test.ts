import { fileURLToPath } from "node:url";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { readPolicy } from "@lethe/privacy/read-policy";
import { expect, it } from "vitest";
import { createDataMap, describeTable } from "./data-map.js";
import { dataMapPage } from "./data-map-page.js";

const PAGE = fileURLToPath(new URL("../../../docs/data-map.md", import.meta.url));

it("docs/data-map.md is what the declarations say", async () => {
  const datasets = createDatasets();
  const policy = readPolicy({}, datasets.fields);
  const page = dataMapPage(createDataMap(datasets, policy));
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
  expect(() => describeTable(table, {})).toThrow("what an erasure leaves");
});
