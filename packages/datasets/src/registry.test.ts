import { DATASET_NAMES } from "@lethe/contracts/datasets";
import { maskRecord } from "@lethe/privacy/mask-record";
import { isPseudonym, pseudonym } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accept, KEY } from "../test/accept.js";
import { datasets, MARKER, RECORDS } from "../test/records.js";
import { keepKnown } from "./record-shape.js";
import { fieldsOf } from "./registry.js";

const POLICY = readPolicy(undefined, datasets.fields);

/** Any JSON value, with the names of real fields in it, and with the marker where there is text. */
const fieldName = fc.constantFrom(
  ...new Set(DATASET_NAMES.flatMap((name) => Object.keys(datasets[name].fields).flatMap((field) => field.split(".")))),
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

describe.each(DATASET_NAMES)("%s", (name) => {
  const dataset = datasets[name];
  const record = RECORDS[name];

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

  it("takes a record that was masked by Lethe's own policy, and writes nothing personal of it", () => {
    const strategies = POLICY.datasets[name];
    const masked = maskRecord(record, strategies, KEY);
    const { result, written } = accept(dataset, name === "erasure-requests" ? record : masked, { masked: true });
    expect(result).toHaveProperty("processed");
    expect(JSON.stringify(result)).not.toContain(MARKER);
    if (name !== "erasure-requests") expect(written).not.toContain(MARKER);
  });

  it("has a policy for every field, and no field that the policy knows is left unmentioned", () => {
    expect(Object.keys(POLICY.datasets[name]).sort()).toEqual(Object.keys(dataset.fields).sort());
  });

  it("stages the line's number first, and a record's file once, with its own row", () => {
    const names = dataset.stagingTables.map(({ columns }) => columns.map(([column]) => column));
    expect(names.map(([first]) => first)).toEqual(names.map(() => "ordinal"));
    expect(names.map((columns) => columns.includes("file_id"))).toEqual(names.map((_, table) => table === 0));
  });
});

describe("a masked record", () => {
  it("of a customer has the pseudonym for an id, is marked as erased, and passes its check again as such", () => {
    const masked = maskRecord(RECORDS.customers, POLICY.datasets.customers, KEY);
    const { rows } = accept(datasets.customers, masked, { masked: true });
    expect(rows[0]?.[0]).toMatchObject({
      id: pseudonym(KEY, "013000"),
      email: "\\N",
      date_of_birth: "1980-01-01",
      country_code: "GB",
    });
    expect(Date.parse(rows[0]?.[0]?.erased_at ?? "")).not.toBeNaN();
  });

  it("of a transaction keeps its sales figures, and may be replayed from quarantine", () => {
    const masked = maskRecord(RECORDS.transactions, POLICY.datasets.transactions, KEY);
    expect(datasets.transactions.check(masked)).toBeUndefined();
    const { rows } = accept(datasets.transactions, masked, { masked: true });
    expect(isPseudonym(rows[0]?.[0]?.customer_id)).toBe(true);
    expect(rows[0]?.[0]).toMatchObject({ total_cost: "15.07", address: "\\N", city: "\\N", country_code: "GB" });
    expect(rows[1]).toEqual(accept(datasets.transactions, RECORDS.transactions).rows[1]);
  });
});
