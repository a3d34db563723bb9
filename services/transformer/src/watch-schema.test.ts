import type { BatchSchemaChange } from "@lethe/contracts/schema-changes";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { transform } from "../test/transform.js";

const MARKER = "MARKx7Jane";
const OPTIONAL = ["phone_number", "segment"] as const;
const REQUIRED = ["first_name", "email"] as const;
const NEW = ["loyalty_tier", "county", `${MARKER}@example.org`, "two words"] as const;

type Fields = Readonly<Record<string, unknown>>;

function customer(number: number, changes: Fields = {}): Fields {
  const texts = ["phone_number", "address", "city", "country", "postcode", "segment"].map((name) => [name, MARKER]);
  return {
    id: String(number).padStart(6, "0"),
    first_name: MARKER,
    last_name: MARKER,
    email: `${MARKER}@example.org`,
    date_of_birth: null,
    last_change: "2020-01-31",
    ...Object.fromEntries(texts),
    ...changes,
  };
}

function without(record: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function transaction(number: number, changes: Fields = {}): Fields {
  return {
    transaction_id: `5f0c0d0e-6a54-4c0a-9a8e-${String(number).padStart(12, "0")}`,
    transaction_time: "2020-01-31T05:06:07",
    customer_id: "013000",
    delivery_address: { address: "1 High St", postcode: "SW1A 1AA", city: "London", country: "United Kingdom" },
    purchases: { products: [{ sku: 1, quanitity: 2, price: "0.50", total: "1.00" }], total_cost: "1.00" },
    ...changes,
  };
}

const json = (value: unknown) => JSON.stringify(value);
/** A line of a CSV file, as the extractor hands it on. */
const csv = (record: Fields) =>
  json(Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value === null ? "" : String(value)])));
const sorted = (changes: readonly BatchSchemaChange[]) =>
  [...changes].sort((a, b) => (`${a.change} ${a.field}` < `${b.change} ${b.field}` ? -1 : 1));

interface Edit {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}
const edit: fc.Arbitrary<Edit> = fc.record({
  added: fc.subarray([...NEW]),
  removed: fc.subarray([...OPTIONAL, ...REQUIRED]),
});
/** Whole columns of a file go and come, and single records differ besides. */
const editedFile = fc.record({
  file: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Edit>({ added: [], removed: [] }) },
    { weight: 1, arbitrary: edit },
  ),
  records: fc.array(fc.oneof(fc.constant<Edit>({ added: [], removed: [] }), edit), { maxLength: 4 }),
  encoding: fc.constantFrom("json" as const, "csv" as const),
});

/** Counts by hand what the edits come to. */
function expected(files: readonly (readonly Edit[])[]): BatchSchemaChange[] {
  const places = (isMeant: (edit: Edit) => boolean) =>
    files.flatMap((records, file) =>
      records.flatMap((record, i) => (isMeant(record) ? [{ fileId: 100 + file, line: i + 1 }] : [])),
    );
  const asChange = (change: BatchSchemaChange["change"], field: string, found: ReturnType<typeof places>) => {
    const [first] = found;
    return first === undefined ? [] : [{ change, field, records: found.length, ...first }];
  };
  const shown = NEW.slice(0, 2);
  const others = NEW.slice(2);
  const isGone = (records: readonly Edit[], name: string) => records.every(({ removed }) => removed.includes(name));
  return sorted([
    ...shown.flatMap((name) =>
      asChange(
        "new",
        `/${name}`,
        places(({ added }) => added.includes(name)),
      ),
    ),
    ...asChange(
      "new",
      "(other)",
      places(({ added }) => others.some((name) => added.includes(name))),
    ),
    ...REQUIRED.flatMap((name) =>
      asChange(
        "missing",
        `/${name}`,
        places(({ removed }) => removed.includes(name)),
      ),
    ),
    ...OPTIONAL.flatMap((name) => {
      const gone = new Set(files.filter((records) => isGone(records, name)).flat());
      return asChange(
        "missing",
        `/${name}`,
        places((record) => gone.has(record)),
      );
    }),
  ]);
}

describe("the schema report of a batch", () => {
  it("is exactly what was added to records and taken from them, as JSON and as CSV", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(editedFile, { minLength: 1, maxLength: 4 }), async (files) => {
        const edits = files.map(({ file, records }) =>
          records.map(({ added, removed }) => ({
            added: [...file.added, ...added],
            removed: [...file.removed, ...removed],
          })),
        );
        let number = 0;
        const output = await transform(
          "customers",
          files.map(({ encoding }, i) => ({
            lines: (edits[i] ?? []).map(({ added, removed }) => {
              const more = Object.fromEntries(added.map((name) => [name, MARKER]));
              const record = without(customer(number++, more), removed);
              return encoding === "csv" ? csv(record) : json(record);
            }),
            segment: { encoding },
          })),
        );
        expect(sorted(output.schema.changes)).toEqual(expected(edits));
        expect(json(output.schema)).not.toContain(MARKER);
        const misfits = edits.flat().filter(({ added, removed }) => {
          return added.length > 0 || REQUIRED.some((name) => removed.includes(name));
        });
        expect(output.rejectedByReason.schema ?? 0).toBe(misfits.length);
      }),
      { numRuns: 100 },
    );
  });

  it("says nothing where a record fits and has all fields, one of them null", async () => {
    const { schema } = await transform("customers", [{ lines: [json(customer(1, { segment: null }))] }]);
    expect(schema).toEqual({ changes: [], changedColumns: [] });
  });

  it("tells a column that changed from a single record's defect", async () => {
    const { schema } = await transform("customers", [
      { lines: [json(customer(1)), json(without(customer(2), ["email", "segment"]))] },
      { lines: [json(without(customer(3), ["last_name"])), json(without(customer(4), ["last_name", "segment"]))] },
      { lines: [json(without(customer(5), ["segment"])), json(customer(6, { county: 1 }))] },
      { lines: [csv(without(customer(7), ["segment"]))], segment: { encoding: "csv" } },
    ]);
    const places = Object.fromEntries(
      schema.changes.map(({ change, field, records, fileId, line }) => [`${change} ${field}`, [records, fileId, line]]),
    );
    expect(places).toEqual({
      "new /county": [1, 102, 2],
      "missing /email": [1, 100, 2],
      "missing /last_name": [2, 101, 1],
      "missing /segment": [1, 103, 1],
    });
    expect(schema.changedColumns.map(({ field }) => field)).toEqual(["/county", "/last_name", "/segment"]);
  });

  it("counts only records that are objects, at the lines where they stand", async () => {
    const { schema } = await transform("customers", [
      {
        lines: ["", "{broken", '["ragged"]', "7", json(without(customer(1), ["segment"])), "null"],
        segment: { firstLine: 41 },
      },
      { lines: ["", "[]"] },
    ]);
    expect(schema.changes).toEqual([{ change: "missing", field: "/segment", records: 1, fileId: 100, line: 45 }]);
  });

  it("judges no optional column by the records of a replay, and names their own lines", async () => {
    const line = json(without(customer(1, { county: 1 }), ["segment"]));
    const { schema } = await transform("customers", [
      { lines: [line, line], segment: { lines: [17, 4], quarantineIds: [1, 2] } },
    ]);
    expect(schema.changes).toEqual([{ change: "new", field: "/county", records: 2, fileId: 100, line: 17 }]);
  });

  it("misses a quantity, also in a record that came before", async () => {
    const bare = { purchases: { products: [{ sku: 1, price: "0.50", total: "1.00" }], total_cost: "1.00" } };
    const { schema, rejects } = await transform("transactions", [
      { lines: [json(transaction(1)), json(transaction(1, bare)), json(transaction(2, bare))] },
    ]);
    expect(rejects.map(({ reason }) => reason)).toEqual(["schema", "schema"]);
    expect(schema.changes).toEqual([
      { change: "missing", field: "/purchases/products/*/quantity", records: 2, fileId: 100, line: 2 },
    ]);
    expect(schema.changedColumns).toEqual([]);
  });

  it("names fifty new fields of a batch, and counts a record once under all others", async () => {
    const fields = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`f${from + i}`, i]));
    const { schema } = await transform("products", [
      {
        lines: [json(fields(0, 49)), json(fields(40, 60)), json({ "no name": 1, "another one": 1, ...fields(55, 60) })],
      },
    ]);
    const added = schema.changes.filter(({ change }) => change === "new");
    expect(added.map(({ field }) => field).sort()).toEqual(
      ["(other)", ...Object.keys(fields(0, 50)).map((f) => `/${f}`)].sort(),
    );
    expect(added.find(({ field }) => field === "(other)")).toMatchObject({ records: 2, line: 2 });
    expect(added.find(({ field }) => field === "/f45")).toMatchObject({ records: 2, line: 1 });
  });
});

describe("a record with fields that nobody named", () => {
  const nested = transaction(1, {
    voucher: MARKER,
    purchases: {
      products: [{ sku: 1, quanitity: 2, price: "0.50", total: "1.00", discount: MARKER }],
      total_cost: "1.00",
    },
  });
  const lines = [json(nested), json({ ...nested, customer_id: "13000" }), json(transaction(2))];

  it.each(["quarantine", "freeze"] as const)("is rejected under %s", async (schemaMode) => {
    const output = await transform("transactions", [{ lines }], { schemaMode });
    expect(output.processed).toHaveLength(1);
    expect(output.rejectedByReason).toEqual({ schema: 2 });
  });

  it("is accepted without them under discard, and its other defects are found; the report is the same", async () => {
    const output = await transform("transactions", [{ lines }], { schemaMode: "discard" });
    expect(output.processed).toHaveLength(2);
    expect(output.processedText + json(output.rows)).not.toContain(MARKER);
    expect(output.rejects).toMatchObject([{ line: 2, pointer: "/customer_id", payload: lines[1] }]);
    const rejecting = await transform("transactions", [{ lines }], { schemaMode: "quarantine" });
    expect(output.schema).toEqual(rejecting.schema);
    expect(sorted(output.schema.changes).map(({ field, records }) => [field, records])).toEqual([
      ["/purchases/products/*/discount", 2],
      ["/voucher", 2],
    ]);
  });
});
