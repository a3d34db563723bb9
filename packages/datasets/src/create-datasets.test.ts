import { ConfigurationError, NotFoundError } from "@lethe/contracts/errors";
import { maskRecord } from "@lethe/privacy/mask-record";
import { strategiesOf } from "@lethe/privacy/policy";
import { isPseudonym, pseudonym } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accept, KEY } from "../test/accept.js";
import { datasets, MARKER, RECORDS } from "../test/records.js";
import * as definitions from "./all-datasets.js";
import { createDatasets } from "./create-datasets.js";
import { type DatasetDefinition, defineDataset } from "./define-dataset.js";
import { keepKnown } from "./record-shape.js";

const POLICY = readPolicy({}, datasets.fields);
const SUBJECT = { customerId: "013000", email: `${MARKER}@example.org`, word: (field: string) => `${MARKER} ${field}` };

/** Any JSON value, with the names of real fields in it, and with the marker where there is text. */
const fieldName = fc.constantFrom(
  ...new Set(datasets.all.flatMap(({ fields }) => Object.keys(fields).flatMap((field) => field.split(".")))),
  ...["products", "sku", "quantity", "__proto__", "constructor", "toString", "length"],
);
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(MARKER, `${MARKER}@example.org`, null, true, 0, -1, 1.5, 1e300),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(fieldName, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** A record that fits, but for one field, at any depth, that became something else. */
function spoilt(record: unknown): fc.Arbitrary<unknown> {
  if (typeof record !== "object" || record === null) return anything;
  const names = Object.keys(record);
  const inner = fc
    .constantFrom(...names)
    .chain((name) =>
      spoilt(Reflect.get(record, name)).map((value) =>
        Array.isArray(record)
          ? record.map((element: unknown, i) => (String(i) === name ? value : element))
          : { ...record, [name]: value },
      ),
    );
  return fc.oneof({ weight: 9, arbitrary: inner }, { weight: 1, arbitrary: anything });
}

describe.each(datasets.names)("%s", (name) => {
  const dataset = datasets.get(name);
  const record = dataset.sample(SUBJECT);
  const strategies = strategiesOf(POLICY, name);
  const masking = { outcome: "pseudonymise", key: KEY, strategies, replacementOf: () => undefined } as const;

  it("says something of any JSON value, and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), anything, spoilt(record)), (value) => {
        const { customerId, email } = dataset.subjectOf(value);
        expect([customerId, email].every((part) => part === null || typeof part === "string")).toBe(true);
        // With fields that nobody knows it is accepted where they are to be dropped.
        if (dataset.check(keepKnown(dataset.shape, value)) !== undefined) return;
        const identity = dataset.identityOf(value);
        expect(identity === null || typeof identity === "string").toBe(true);
        accept(dataset, value);
      }),
      { numRuns: 500 },
    );
  });

  it("rejects without a word of the record: only names of fields stand in the pointer", () => {
    fc.assert(
      fc.property(spoilt(record), (value) => {
        const { result } = dataset.check(value) === undefined ? accept(dataset, value) : { result: undefined };
        const accepted = result !== undefined && "rejection" in result ? result.rejection : undefined;
        const rejection = dataset.check(value) ?? accepted;
        if (rejection === undefined) return;
        expect(rejection.message).not.toContain(MARKER);
        expect(rejection.pointer).not.toContain(MARKER);
        expect(rejection.missingKey).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it("takes its own sample, says whose it is, and is named by every field of it", () => {
    expect(dataset.check(record)).toBeUndefined();
    const subject = dataset.subjectOf(record);
    const isPersonal = Object.values(dataset.fields).some(({ kind }) => kind === "identifying");
    expect(subject.customerId).toBe(isPersonal ? SUBJECT.customerId : null);
    expect(accept(dataset, record).result).toHaveProperty("processed");
  });

  it("takes a record that was masked by its own policy, and writes nothing personal of it", () => {
    const isRequest = dataset.erasure !== undefined;
    const masked = dataset.mask(record, masking);
    const { result, written } = accept(dataset, isRequest ? record : masked, { masked: true });
    expect(result).toHaveProperty("processed");
    expect(JSON.stringify(result)).not.toContain(MARKER);
    // A request's plain id and email are staged, to be matched with the customer, and go with the transaction.
    if (!isRequest) expect(written).not.toContain(MARKER);
  });

  it("takes a record that unlink has left, and writes nothing of it that is its person's", () => {
    if (dataset.erasure !== undefined) return;
    const id = "00000000-0000-4000-8000-000000000001";
    const unlinking = { ...masking, outcome: "unlink", replacementOf: () => id } as const;
    const unlinked = dataset.mask(record, unlinking);
    const { result, written } = accept(dataset, unlinked, { masked: true });
    if (!("processed" in result)) throw new Error("what unlink has left was rejected");
    for (const text of [JSON.stringify(unlinked), JSON.stringify(result), written]) {
      expect(text).not.toContain(MARKER);
      if (dataset.fenced) expect(text).not.toContain(SUBJECT.customerId);
    }
    expect(dataset.mask(unlinked, unlinking)).toEqual(unlinked);
    expect(dataset.maskProcessed(result.processed, unlinking)).toEqual(result.processed);
  });

  it("leaves no more than an emptied record of one that must not count again, and knows it", () => {
    if (!dataset.fenced) return;
    const forgetting = { ...masking, outcome: "unlink", replacementOf: () => undefined } as const;
    expect(dataset.isEmptied(dataset.emptied)).toBe(true);
    expect(dataset.isEmptied(record)).toBe(false);
    if (dataset.recordHash(record, KEY) === null) return;
    expect(dataset.mask(record, forgetting)).toEqual(dataset.emptied);
    expect(dataset.maskProcessed(record, forgetting)).toBeNull();
  });

  it("masks a processed record whole: masking it again changes nothing, and a field that nobody declares goes", () => {
    const { result } = accept(dataset, record);
    if (!("processed" in result)) throw new Error("the sample was rejected");
    const processed = { ...(result.processed as object), note: MARKER };
    const masked = dataset.maskProcessed(processed, masking);
    expect(JSON.stringify(masked)).not.toContain(MARKER);
    expect(JSON.stringify(masked)).not.toContain(SUBJECT.customerId);
    expect(dataset.maskProcessed(masked, masking)).toEqual(masked);
    expect(Object.keys(masked as object)).toEqual(Object.keys(result.processed as object));
  });

  it("declares every field that it stages of a person as a column that a table declares too", () => {
    const declared = new Set(dataset.tables.flatMap(({ columns }) => Object.keys(columns)));
    const own = new Set(["ordinal", "file_id", "requested_at", "customer_id", "email", "line"]);
    // By what an erased record is known again: hashes, and the id of the record.
    const staged = dataset.stagingTables
      .filter(({ name }) => !name.startsWith("stage_erased_"))
      .flatMap(({ columns }) => columns.map(([column]) => column));
    expect(staged.filter((column) => !declared.has(column) && !own.has(column))).toEqual([]);
  });

  it("stages the line's number first, and a record's file once, with its own row", () => {
    const names = dataset.stagingTables.map(({ columns }) => columns.map(([column]) => column));
    expect(names.map(([first]) => first)).toEqual(names.map(() => "ordinal"));
    expect(names.map((columns) => columns.includes("file_id"))).toEqual(names.map((_, table) => table === 0));
  });
});

describe("a masked record", () => {
  it("of a customer has the pseudonym for an id, is marked as erased, and passes its check again as such", () => {
    const masked = maskRecord(RECORDS.customers, strategiesOf(POLICY, "customers"), KEY);
    const { rows } = accept(datasets.get("customers"), masked, { masked: true });
    expect(rows[0]?.[0]).toMatchObject({
      id: pseudonym(KEY, "013000"),
      email: "\\N",
      date_of_birth: "1980-01-01",
      country_code: "GB",
    });
    expect(Date.parse(rows[0]?.[0]?.erased_at ?? "")).not.toBeNaN();
  });

  it("of a transaction keeps its sales figures, and may be replayed from quarantine", () => {
    const masked = maskRecord(RECORDS.transactions, strategiesOf(POLICY, "transactions"), KEY);
    expect(datasets.get("transactions").check(masked)).toBeUndefined();
    const { rows } = accept(datasets.get("transactions"), masked, { masked: true });
    expect(isPseudonym(rows[0]?.[0]?.customer_id)).toBe(true);
    expect(rows[0]?.[0]).toMatchObject({ total_cost: "15.07", address: "\\N", city: "\\N", country_code: "GB" });
    expect(rows[1]).toEqual(accept(datasets.get("transactions"), RECORDS.transactions).rows[1]);
  });
});

describe("the registry", () => {
  const all: readonly DatasetDefinition[] = Object.values(definitions);

  it("runs what others refer to first, and erasure requests last", () => {
    expect(datasets.names).toEqual(["customers", "products", "transactions", "erasure-requests"]);
  });

  it("knows only the datasets that there are", () => {
    expect(datasets.has("customers")).toBe(true);
    expect(datasets.has("constructor")).toBe(false);
    expect(() => datasets.get("returns")).toThrow(NotFoundError);
  });

  it.each([
    ["two of one name", [...all, { ...definitions.products }], "declared twice"],
    ["a circle", all.map((d) => (d.name === "customers" ? { ...d, runsAfter: ["transactions"] } : d)), "in an order"],
    ["no dataset of requests", all.filter(({ erasure }) => erasure === undefined), "exactly one dataset"],
    ["an unknown dataset to run after", all.map((d) => ({ ...d, runsAfter: ["returns"] })), "in an order"],
  ])("refuses %s", (_what, declared, problem) => {
    expect(() => createDatasets(declared)).toThrow(ConfigurationError);
    expect(() => createDatasets(declared)).toThrow(problem);
  });

  it.each([
    ["a field that is not declared", { fields: {} }, "sku is not declared"],
    ["a name that is no file's", { name: "Returned_goods" }, "its name is not lower-case"],
    [
      "a column of a field that it does not have",
      {
        tables: [
          {
            name: "warehouse.shelves",
            title: "Shelf",
            primaryKey: "id",
            rights: {},
            columns: { owner: { kind: "personal", field: "owner" } },
          },
        ],
      },
      "warehouse.shelves.owner holds the field owner",
    ],
  ] as const)("refuses a dataset with %s", (_what, change, problem) => {
    expect(() => defineDataset({ ...definitions.products, ...change })).toThrow(problem);
  });

  it("names the fields of people for the redaction of logs, nested ones by both names, and nothing else", () => {
    expect(datasets.personalNames).toEqual(
      expect.arrayContaining(["first_name", "email", "delivery_address", "city", "customer_id", "customer-id"]),
    );
    for (const name of ["sku", "price", "runId"]) expect(datasets.personalNames).not.toContain(name);
  });
});
