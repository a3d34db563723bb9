import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatasets } from "@lethe/datasets/create-datasets";
import type { DataContract } from "@lethe/datasets/data-contract";
import { openDataContract, STANDARDS_DIR } from "@lethe/test-kit/standard-schema";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { runCli } from "../program.js";

const datasets = createDatasets();

async function lethe(...args: string[]): Promise<string> {
  const out: string[] = [];
  const terminal = { print: (text: string) => out.push(text), note: (text: string) => out.push(text), bars: undefined };
  const input = { ask: undefined, readAll: async () => "" };
  expect(await runCli(args, { environment: {}, terminal, input })).toBe(0);
  return out.join("\n");
}

async function contractOf(dataset: string): Promise<DataContract> {
  return JSON.parse(await lethe("contract", "export", dataset, "--format", "json")) as DataContract;
}

if (STANDARDS_DIR !== undefined) {
  const folder = STANDARDS_DIR;
  // The standard's own schema is not part of this project: whoever has it names its folder.
  it.each(datasets.names)("fits the standard: %s", async (name) => {
    const errors = openDataContract(folder);
    const contract = await contractOf(name);
    expect(errors(contract)).toEqual([]);
    expect(errors({ ...contract, owner: "x" })).not.toEqual([]);
    expect(parse(await lethe("contract", "export", name))).toEqual(contract);
  });
}

describe("the contract of a dataset", () => {
  it.each(datasets.all)("names every field of the input and every column of the tables: $name", async (dataset) => {
    const { schema } = await contractOf(dataset.name);
    const [input, ...tables] = schema;
    expect(input?.properties.map(({ name }) => name)).toEqual(Object.keys(dataset.contract.properties));
    expect(tables.map(({ physicalName, properties }) => [physicalName, properties.map(({ name }) => name)])).toEqual(
      dataset.tables.map(({ name, columns }) => [name, Object.keys(columns)]),
    );
  });

  it("says what is about people, and what masking leaves of it", async () => {
    const [input, current] = (await contractOf("customers")).schema;
    expect(input?.properties).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "id", classification: "restricted", required: true, tags: ["personal-data"] }),
        expect.objectContaining({ name: "phone_number", classification: "confidential", required: false }),
      ]),
    );
    expect(current?.properties).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "id", primaryKey: true, transformSourceObjects: ["customers.id"] }),
        expect.objectContaining({ name: "phone_e164", transformSourceObjects: ["customers.phone_number"] }),
        { name: "loaded_at", classification: "internal" },
      ]),
    );
    const [products] = (await contractOf("products")).schema;
    expect(products?.properties.map(({ classification }) => classification)).toEqual(Array(5).fill("internal"));
  });

  it("goes down into groups and lists", async () => {
    const contract = await contractOf("transactions");
    const [input] = contract.schema;
    const address = input?.properties.find(({ name }) => name === "delivery_address");
    expect(address?.properties?.find(({ name }) => name === "postcode")).toMatchObject({
      logicalType: "string",
      required: false,
      classification: "confidential",
    });
    const lines = input?.properties.find(({ name }) => name === "purchases")?.properties?.[0];
    expect(lines).toMatchObject({
      logicalType: "array",
      logicalTypeOptions: { minItems: 1 },
      classification: "internal",
    });
    expect(lines?.items?.properties?.[0]).toMatchObject({ name: "sku", logicalType: "integer", required: true });
    expect(contract.schema.find(({ name }) => name === "purchases")?.properties).toContainEqual(
      expect.objectContaining({ name: "sku", transformSourceObjects: ["transactions.purchases.products.sku"] }),
    );
  });

  it.each([
    ["customers", 60, "0 * * * *"],
    ["products", 1_440, "0 0 * * *"],
  ])("asks for deliveries as the schedule does: %s", async (name, value, schedule) => {
    expect((await contractOf(name)).slaProperties).toMatchObject([
      { property: "frequency", value, unit: "minutes", scheduler: "cron", schedule },
    ]);
  });
});

describe("lethe contract export", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lethe-contracts-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("prints a document for each dataset, or writes a file for each", async () => {
    const printed = parseAllDocuments(await lethe("contract", "export")).map(
      (document) => document.toJS() as DataContract,
    );
    expect(printed.map(({ name }) => name)).toEqual(datasets.names);
    await lethe("contract", "export", "--out", join(folder, "new"));
    expect(await readdir(join(folder, "new"))).toEqual(datasets.names.map((name) => `${name}.odcs.yaml`).sort());
    const file = await readFile(join(folder, "new/customers.odcs.yaml"), "utf8");
    expect(parse(file)).toEqual(printed.find(({ name }) => name === "customers"));
  });
});
