import { createDatasets } from "@lethe/datasets/create-datasets";
import { REDACTED } from "@lethe/privacy/mask-value";
import { describe, expect, it } from "vitest";
import { rewriteFound } from "./rewrite-found.js";
import { createSearchedPeople } from "./searched-people.js";

const datasets = createDatasets();
const JANE = {
  ids: ["004004"],
  emails: ["zoë@box.example"],
  names: ["zoë o'hara"],
  values: [
    { kind: "phone", value: "+44 (0)20 7946 0111" },
    { kind: "address", value: "12 High Street\nFlat 2" },
    { kind: "postcode", value: "N1 1AA" },
  ],
  fileIds: [],
};
const people = createSearchedPeople(new Map([["jane", JANE]]), datasets);
const OTTO = { id: "013001", first_name: "Otto", last_name: "Ott", email: "otto@box.example" };
const MASKED = '{"id":"masked"}';

/** Rewrites a record, of which masking makes `masked`. Returns what becomes of it, and what was told. */
function rewrite(dataset: string, record: unknown, masked: string | null = MASKED) {
  const told: string[] = [];
  const mask = { json: () => masked ?? undefined, csv: () => undefined };
  const { json, csv, header } = rewriteFound(datasets.get(dataset), mask, people, {
    onMasked: (erasureId) => told.push(`${erasureId} masked`),
    onReview: (erasureId, kind) => told.push(`${erasureId} ${kind}`),
    onLeft: (erasureId) => told.push(`${erasureId} left`),
  });
  const text = typeof record === "string" ? record : JSON.stringify(record);
  return { text: json(text), told, csv, header };
}

describe("a record of a person who is searched for", () => {
  it("is masked where its key occurs twice, with another person's id behind it", () => {
    const text = JSON.stringify(OTTO).replace('"id":', '"id":"004004","id":');
    expect(rewrite("customers", text)).toMatchObject({ text: MASKED, told: ["jane masked"] });
  });

  it.each([
    ["the id", { id: "004004" }],
    ["the id as a number", { id: 4004 }],
    ["the id with blanks and no zeros", { id: " 4004 " }],
    ["the email alone", { id: null, email: "ZOË@box.example" }],
    ["the email alone, decomposed", { id: null, email: "zoe\u0308@box.example" }],
    ["the name alone", { id: null, email: null, first_name: "Zoë", last_name: "O'Hara" }],
    ["the id in a transaction", { customer_id: "4004", purchases: {} }, "transactions"],
    ["nothing but an unknown field", { note: "write to zoë@box.example" }],
  ])("is masked, known by %s", (_what, record, dataset = "customers") => {
    expect(rewrite(dataset, record)).toMatchObject({ text: MASKED, told: ["jane masked"] });
  });

  it.each([
    ["a kept field", '{"country":"zoë@box.example"}'],
    ["a kept field with the name", '{"segment":"of Zoë O\'Hara"}'],
    ["a field below", '{"gift":{"to":[{"tel":"020 7946 0111"}]}}'],
    ["a name of a field", '{"zo%C3%AB@box.example":1}'],
  ])("is redacted whole when masking leaves something in %s", (_what, left) => {
    expect(rewrite("customers", { id: "004004" }, left).text).toBe(REDACTED);
  });

  it.each([
    ["a broken line with the email", '{"id": 7, "email": "zoe\u0308@box.example'],
    ["a broken line with the email in escapes", '{"x": "zo\\u00eb\\u0040box.example", '],
    ["a broken line with the id without zeros", '{"customer_id": "4004", "x'],
    ["a broken line with the name", '{"first_name":"Zoë","last_name":"O\'Hara","email":'],
    ["a broken line with the name far apart", '{"last_name":"O\'Hara","city":"Hull","x":1,"first_name":"Zoë","email":'],
    ["a row that is shifted", "Zoë,O'Hara,1980-05-17,,"],
  ])("is redacted whole where it is %s", (_what, line) => {
    expect(rewrite("customers", line, null)).toMatchObject({ text: REDACTED, told: ["jane masked"] });
  });

  it("is filled with the mark where a CSV row is shifted", () => {
    const row = { id: "Zoë", first_name: "O'Hara", last_name: "zoë@box.example", email: "004004" };
    expect(rewrite("customers", "x").csv(row)).toEqual({
      ...{ id: REDACTED, first_name: REDACTED, last_name: REDACTED, email: REDACTED },
    });
  });
});

describe("somebody else's record", () => {
  it("stays as it is when it mentions nobody", () => {
    expect(rewrite("customers", OTTO)).toMatchObject({ text: undefined, told: [] });
    expect(rewrite("customers", '{"id": 7, "broken')).toMatchObject({ text: undefined, told: [] });
  });

  it.each([
    ["a field", { ...OTTO, address: "c/o zoë@box.example" }, { ...OTTO, address: `c/o ${REDACTED}` }],
    ["an escape", { ...OTTO, address: "zo%C3%AB%40box.example" }, { ...OTTO, address: REDACTED }],
    ["an unknown field", { ...OTTO, note: "for 004004, too" }, { ...OTTO, note: `for ${REDACTED}, too` }],
    ["an unknown number", { ...OTTO, buddy_id: 4004 }, { ...OTTO, buddy_id: REDACTED }],
    ["a name of a field", { ...OTTO, "zoë@box.example": 1 }, { ...OTTO, [REDACTED]: 1 }],
    ["a list below", { ...OTTO, x: { y: ["a", "zoë@box.example"] } }, { ...OTTO, x: { y: ["a", REDACTED] } }],
  ])("loses an identifier in %s, and nothing else", (_what, record, after) => {
    const { text, told } = rewrite("customers", record);
    expect(JSON.parse(text ?? "null")).toEqual(after);
    expect(told).toEqual(["jane masked"]);
  });

  it.each([
    ["a phone", "phone", { ...OTTO, phone_number: "+442079460111" }],
    ["a name", "name", { ...OTTO, address: "c/o Zoë O'Hara" }],
    ["an address", "address", { ...OTTO, address: "12 high street, Flat 2" }],
    ["a street and postcode", "address", { ...OTTO, address: "12 High Street", postcode: "N11AA" }],
    ["a mailbox that is Otto's, too", "email", { ...OTTO, email: "zoë@box.example" }],
  ])("is reported and not changed when it has %s in common", (_what, kind, record) => {
    expect(rewrite("customers", record)).toMatchObject({ text: undefined, told: [`jane ${kind}`] });
  });

  it("keeps digits that are no id where they stand", () => {
    const record = { ...OTTO, phone_number: "004004", postcode: "004004" };
    expect(rewrite("customers", record)).toMatchObject({ text: undefined, told: [] });
  });

  it("loses what the second of two fields of one name hides", () => {
    const { text } = rewrite("customers", `{"id":"013001","note":"zoë@box.example","note":"x"}`);
    expect(text).toBe('{"id":"013001","note":"x"}');
  });

  it("is a product as well", () => {
    const product = { sku: 104_004, name: "Zoë O'Hara's cookbook", category: "zoë@box.example" };
    const { text, told } = rewrite("products", product);
    expect(JSON.parse(text ?? "null")).toEqual({ ...product, category: REDACTED });
    expect(new Set(told)).toEqual(new Set(["jane masked", "jane name"]));
  });
});

describe("a cleaned record of somebody else", () => {
  it("keeps what was bought, and for how much, where the numbers are those of an id", () => {
    const bought = { sku: "004004", quantity: 1, price: "004004.00", total: "004004" };
    const sale = { customer_id: "013001", purchases: [bought], total_cost: "004004" };
    expect(rewrite("transactions", sale).text).toBeUndefined();
    expect(rewrite("transactions", { ...sale, note: "004004" }).text).toContain('"note":"[erased]"');
  });
});

describe("the header of a CSV file", () => {
  const header = (...names: string[]) => {
    const { header, told } = rewrite("customers", OTTO);
    told.length = 0;
    return { names: header?.(names), told };
  };

  it("is redacted whole where it is a person's record", () => {
    const redacted = ["[erased]", "[erased] 2", "[erased] 3"];
    expect(header("004004", "Zoë", "N")).toEqual({ names: redacted, told: ["jane masked"] });
    expect(header("7", "Zoë", "O'Hara")).toEqual({ names: redacted, told: ["jane masked"] });
    expect(header("004004", "Zoë", "city")).toEqual({ names: redacted, told: ["jane masked"] });
  });

  it("keeps the names of fields, and those of columns that name nobody", () => {
    expect(header("id", "email", "note", "city", "of zoë@box.example")).toEqual({
      names: ["id", "email", "note", "city", "[erased]"],
      told: ["jane masked"],
    });
  });

  it("stays where it names nobody", () => {
    expect(header("id", "email", "note")).toEqual({ names: undefined, told: [] });
    expect(header("013001", "Otto", "+44 20 7946 0111")).toEqual({ names: undefined, told: ["jane phone"] });
  });
});
