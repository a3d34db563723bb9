import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datasets, MARKER, NAMES, RECORDS, TRANSACTION } from "../test/records.js";
import { compareShape, keepKnown } from "./record-shape.js";

type Fields = Record<string, unknown>;

/** Every field by its path, as data-rules.md has them: here a record's required and optional ones stand once more. */
const REQUIRED = {
  customers: ["/id", "/first_name", "/last_name", "/email"],
  products: ["/sku", "/name", "/price", "/category", "/popularity"],
  transactions: [
    ...["/transaction_id", "/transaction_time", "/customer_id", "/delivery_address", "/purchases"],
    ...["address", "postcode", "city", "country"].map((name) => `/delivery_address/${name}`),
    ...["/purchases/products", "/purchases/total_cost"],
    ...["sku", "quantity", "price", "total"].map((name) => `/purchases/products/*/${name}`),
  ],
  "erasure-requests": ["/customer-id", "/email"],
} as const;
const OPTIONAL = {
  customers: ["date_of_birth", "phone_number", "address", "city", "country", "postcode", "last_change", "segment"].map(
    (name) => `/${name}`,
  ),
  products: [],
  transactions: [],
  "erasure-requests": [],
} as const;
/** Where fields can be added: the paths of objects. */
const OBJECTS = {
  customers: [""],
  products: [""],
  transactions: ["", "/delivery_address", "/purchases", "/purchases/products/*"],
  "erasure-requests": [""],
} as const;

/** Names that no dataset has, some of which may be shown. */
const newName = fc.oneof(
  fc.constantFrom("loyalty_tier", "county", "x", "_", "a.b-c", "__proto__", "constructor", "toString", "Id"),
  fc.constantFrom("", "*", "7", "jane@example.org", "Jane Doe", "a/b", "a~b", "Ž", "a".repeat(65)),
);
const isShown = (name: string) => /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(name);

/** The objects of a record that a path leads to. */
function objectsAt(record: unknown, path: string): Fields[] {
  const parts = path.split("/").slice(1);
  const below = (values: unknown[], part: string): unknown[] =>
    values.flatMap((value) => (part === "*" ? (value as unknown[]) : [(value as Fields | undefined)?.[part]]));
  return parts.reduce(below, [record]).filter((value): value is Fields => value !== undefined);
}

function removeAt(record: unknown, path: string): void {
  const at = path.lastIndexOf("/");
  for (const parent of objectsAt(record, path.slice(0, at))) {
    delete parent[path.slice(at + 1)];
    if (path.endsWith("/*/quantity")) delete parent.quanitity;
  }
}

const isBelow = (path: string, removed: readonly string[]) => removed.some((other) => path.startsWith(`${other}/`));

describe.each(NAMES)("the shape of %s", (name) => {
  const { shape } = datasets.get(name);

  it("finds no difference in a record as the source sends it", () => {
    expect(compareShape(shape, RECORDS[name])).toEqual({ unknown: new Set(), missing: new Set(), absent: new Set() });
    expect(keepKnown(shape, RECORDS[name])).toEqual(RECORDS[name]);
  });

  it("finds exactly the fields that were added and taken away, and takes away exactly those that were added", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.constantFrom(...OBJECTS[name]), newName), { maxLength: 6 }),
        fc.subarray([...REQUIRED[name], ...OPTIONAL[name]]),
        (added, removed) => {
          const record = structuredClone(RECORDS[name]) as Fields;
          for (const path of removed) removeAt(record, path);
          const known = structuredClone(record);
          const unknown = new Set<string>();
          for (const [path, field] of added) {
            for (const object of objectsAt(record, path)) {
              Object.defineProperty(object, field, { value: MARKER, enumerable: true, configurable: true });
              unknown.add(isShown(field) ? `${path}/${field}` : "(other)");
            }
          }
          const gone = (paths: readonly string[]) =>
            new Set(paths.filter((path) => removed.includes(path) && !isBelow(path, removed)));
          const difference = compareShape(shape, record);
          expect(difference).toEqual({ unknown, missing: gone(REQUIRED[name]), absent: gone(OPTIONAL[name]) });
          expect(keepKnown(shape, record)).toEqual(known);
          const isMisfit = datasets.get(name).check(record) !== undefined;
          const hasQuantity = !difference.missing.has("/purchases/products/*/quantity");
          if (hasQuantity) expect(isMisfit).toBe(difference.unknown.size + difference.missing.size > 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("says nothing of what is no object, and never throws", () => {
    const nothing = { unknown: new Set(), missing: new Set(), absent: new Set() };
    for (const record of [null, 7, "text", [], [RECORDS[name]]]) expect(compareShape(shape, record)).toEqual(nothing);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        compareShape(shape, value);
        keepKnown(shape, value);
      }),
    );
  });
});

describe("the shape of transactions", () => {
  const { shape } = datasets.get("transactions");
  const difference = (changes: Fields) => compareShape(shape, { ...TRANSACTION, ...changes });

  it("takes null for a field that is there, and looks at nothing below it or below what is no object", () => {
    const nothing = { unknown: new Set(), missing: new Set(), absent: new Set() };
    expect(difference({ delivery_address: null, purchases: null })).toEqual(nothing);
    expect(difference({ delivery_address: "12 Quiet Row", purchases: { products: {}, total_cost: 1 } })).toEqual(
      nothing,
    );
    expect(difference({ purchases: { products: [null, "x", []], total_cost: "1" } })).toEqual(nothing);
  });

  it("misses a quantity where both of its spellings are missing, and what one line of several lacks", () => {
    const line = { sku: 1, quanitity: 2, price: "0.50", total: "1.00" };
    const { quanitity: _, ...bare } = line;
    const { price: __, ...unpriced } = line;
    const { missing } = difference({ purchases: { total_cost: "1", products: [line, bare, unpriced] } });
    expect([...missing].sort()).toEqual(["/purchases/products/*/price", "/purchases/products/*/quantity"]);
  });
});
