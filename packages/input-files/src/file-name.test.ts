import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFileNames } from "./file-name.js";

const DATASETS = ["customers", "products", "transactions", "erasure-requests"];
const names = readFileNames(DATASETS);
const datasetOf = (name: string, folder?: string) => names.parse(name, folder)?.dataset;

describe("a file's name", () => {
  it.each([
    ...[
      "customers.json",
      "Customers.JSON",
      "CUSTOMERS.CSV",
      "customers.jsonl",
      "customers.ndjson.gz",
      "customers.NDJSON.GZ",
    ],
    ...[
      "customers.json.gzip",
      "customers.json.zst",
      "customers.csv.bz2",
      "customers.xz",
      "customers.tsv",
      "customers.txt",
    ],
    ...["customers", "customer.json", "Customer", "customers.json.gz.gz", "customers.csv.txt", "customers.tgz"],
    ...["customers.parquet", "customers.xlsx", "customers.zip", "customers.csv.gpg", "customers.snappy.parquet"],
    ...[
      "customers-2022-01-01.json",
      "customers_20220101T05.csv",
      "customers.2022.01.01.json",
      "2022-01-01_customers.json",
    ],
    ...[
      "customers_part1.json",
      "customers-part-0001.ndjson",
      "customers_1_of_3.csv",
      "customers001.json",
      "customers-v2.json",
    ],
    ...[
      "customers (1).json",
      "customers(2).csv.gz",
      "customers - Copy.json",
      "customers copy 2.json",
      "customers.json (1)",
    ],
    ...[
      "customers.json.1",
      "customers.json.2.gz",
      "customers.1.json",
      "customers.json.20220101",
      "customers_export_2022.csv",
    ],
    ...["customers.7f3a.ndjson", "customers.NORTH_west-2.json.gz", "customersExport.json", "export-customers.json"],
    ...[
      "customers-9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d.json",
      "customers%2Ejson",
      "customers_utf16.csv",
      " customers.json ",
    ],
    ...["ｃustomers.json", "customers_1641013200.json", "daily-customers-full.csv"],
  ])("%s is of the customers", (name) => {
    expect(datasetOf(name)).toBe("customers");
  });

  it.each([
    ...["erasure-requests.json", "erasure_requests.json", "erasureRequests.json", "ErasureRequests.ndjson"],
    ...[
      "Erasure Requests.csv",
      "ERASUREREQUESTS.JSON",
      "ERASURE_REQUESTS.CSV.GZ",
      "erasure-request.json",
      "erasure%20requests.json",
    ],
    ...[
      "erasure-requests.9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d.ndjson",
      "ErasureRequests (3).json",
      "erasure_requests_2022-01-01.json",
    ],
  ])("%s is of the erasure requests", (name) => {
    expect(datasetOf(name)).toBe("erasure-requests");
  });

  it.each([
    ...[
      "orders.json",
      "readme.txt",
      "json",
      "",
      ".",
      "..",
      "x",
      "customer",
      "customersx.json",
      "mycustomers.json",
    ].filter((name) => name !== "customer"),
    ...["customers-products.json", "customers.products.json", "products_by_customer.csv", "customers.transaction.json"],
    ...[
      "customers_deleted.json",
      "deleted-customers.json",
      "customers-schema.json",
      "customers_old.csv",
      "customers_d.json",
    ],
    ...[
      "customers.json.bak",
      "customers.bak",
      "customers.old",
      "customers.part1",
      "customers.json.orig",
      "customers..json",
    ],
    ...["customers-jane@example.org.json", "customers/x.json", "customers\u0000.json", "erasure.json", "requests.json"],
    ...["kunden.csv", "part-0000.json", "2022-01-01.json", "data.json"],
  ])("%j is of no dataset, or not of one alone", (name) => {
    expect(datasetOf(name)).toBeUndefined();
  });

  it("takes a name of numbers and neutral words for its folder's dataset, and never one of another dataset", () => {
    for (const name of ["part-0000.json", "000000_0", "data.csv", "2022-01-01.ndjson.gz", "1.json", "Customer.json"]) {
      expect(datasetOf(name, "customers"), name).toBe("customers");
    }
    for (const spark of ["part-00000-9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d-c000.snappy.parquet", "part-00001.csv.gz"]) {
      expect(datasetOf(spark, "customers"), spark).toBe("customers");
    }
    for (const name of ["products.json", "schema.json", "notes.txt", "part.north.json"]) {
      expect(datasetOf(name, "customers"), name).toBeUndefined();
    }
  });

  it.each([
    ["customers.json", "json", false],
    ["Customers.JSONL.GZ", "ndjson", true],
    ["customers.csv.gzip", "csv", true],
    ["customers.tsv", "csv", false],
    ["customers.north.csv", "csv", false],
    ["customers", "json", false],
    ["customers.json.gz.1", "json", true],
  ])("%s suggests %s", (name, shape, gzip) => {
    expect(names.parse(name)?.namedFormat).toEqual({ shape, gzip });
  });

  it.each([
    ["customers-2022-01-31.json", { date: "2022-01-31", hour: 0 }],
    ["20220131_customers.csv", { date: "2022-01-31", hour: 0 }],
    ["customers_20220131T05.csv", { date: "2022-01-31", hour: 5 }],
    ["customers_2022-01-31T05-30-00Z.csv", { date: "2022-01-31", hour: 5 }],
    ["customers-2022-02-31.json", undefined],
    ["customers-01-02-2022.json", undefined],
    ["customers-2022-01-31-05.json", undefined],
    ["customers-20220131-20220201.json", undefined],
    ["customers-1.json", undefined],
  ])("%s says the partition %j", (name, partition) => {
    expect(names.parse(name)?.partition).toEqual(partition);
  });

  it("tells datasets apart of which one's name is the beginning of another's", () => {
    const { parse } = readFileNames(["returns", "returns-lines", "customers"]);
    expect(parse("returns.json")?.dataset).toBe("returns");
    expect(parse("returns_lines.json")?.dataset).toBe("returns-lines");
    expect(parse("ReturnLines.json")).toBeUndefined();
    expect(parse("returns-lines-returns.json")).toBeUndefined();
  });
});

const spelled = fc.constantFrom(...DATASETS).chain((dataset) =>
  fc
    .record({
      words: fc.constantFrom(
        dataset,
        dataset.replace("-", "_"),
        dataset.replace("-", " "),
        dataset.replace("-", "%20"),
        dataset.replace("-", ""),
        dataset.replace(/(^|-)./g, (start) => start.replace("-", "").toUpperCase()),
        dataset.toUpperCase(),
        dataset.replace(/s$/, ""),
      ),
      tag: fc.constantFrom("", "-2022-01-01", "_part1", " (1)", "_0007", "-v2", ".north", "_20220101T05", "-9f3a01"),
      ending: fc.constantFrom(
        ".json",
        ".JSON",
        ".jsonl",
        ".ndjson.gz",
        ".json.gzip",
        ".csv.GZ",
        ".csv.zst",
        ".xz",
        ".tsv",
      ),
      suffix: fc.constantFrom("", ".1", " (2)", ".20220101"),
    })
    .map((parts) => ({ dataset, name: `${parts.words}${parts.tag}${parts.ending}${parts.suffix}` })),
);

describe("any file's name", () => {
  it("is understood in every spelling of a dataset, tag and ending", () => {
    fc.assert(fc.property(spelled, ({ dataset, name }) => void expect(datasetOf(name)).toBe(dataset)));
  });

  it("is never taken when it names two datasets", () => {
    const two = fc
      .tuple(spelled, spelled, fc.constantFrom("-", "_", " ", ".", " and "))
      .filter(([a, b]) => a.dataset !== b.dataset);
    fc.assert(
      fc.property(two, ([a, b, between]) => void expect(datasetOf(`${a.name}${between}${b.name}`)).toBeUndefined()),
    );
  });

  it("never makes the reader throw, and only one that holds a dataset's letters is taken", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const dataset = datasetOf(name);
        if (dataset === undefined) return;
        const letters = name
          .normalize("NFKC")
          .toLowerCase()
          .replace(/[^a-z]/g, "");
        expect(letters).toContain(dataset.replace("-", "").replace(/s$/, ""));
      }),
    );
  });
});
