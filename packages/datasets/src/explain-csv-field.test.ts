import { describe, expect, it } from "vitest";
import { datasets, RECORDS } from "../test/records.js";

/** Returns the message for a CSV row of a dataset with one other field. */
function messageFor(name: "customers" | "products" | "transactions", field: string, value: string): string | undefined {
  const dataset = datasets.get(name);
  const fields = Object.entries(RECORDS[name]).map(([key, of]) => [
    key,
    typeof of === "object" ? JSON.stringify(of) : String(of),
  ]);
  const record = dataset.fromCsv({ ...Object.fromEntries(fields), [field]: value });
  const rejection = dataset.check(record);
  return rejection && dataset.explainCsv(record, rejection).message;
}

describe("the message for a field of a CSV row that does not fit", () => {
  it.each([
    ["products", "price", "1234,56", "the field uses a decimal comma; set decimalComma"],
    ["products", "price", "1.234,56", "the field uses a decimal comma; set decimalComma"],
    ["products", "popularity", "0,5", "the field uses a decimal comma; set decimalComma"],
    [
      "products",
      "price",
      "1,234",
      "the field has a comma between its digits; send it without separators of thousands; if the comma",
    ],
    ["products", "sku", "4,004", "the field has a comma between its digits; send it without separators of thousands"],
    ["products", "price", "£4.99", "the field has something else than a number beside its digits"],
    ["customers", "id", "4004", "the field has fewer than six digits: a spreadsheet has taken away its leading zeros"],
    ["customers", "id", "4004.0", "the field is an id that a spreadsheet has written as a number"],
    ["customers", "id", "4,004", "the field is an id that a spreadsheet has written as a number"],
    ["transactions", "customer_id", "4.004E+03", "the field is an id that a spreadsheet has written as a number"],
  ] as const)("explains what a spreadsheet did: %s.%s %j", (name, field, value, message) => {
    expect(messageFor(name, field, value)).toContain(message);
  });

  it.each([
    ["customers", "id", "x4004"],
    ["customers", "email", "4,5"],
    ["products", "price", "-1.00"],
    ["products", "price", "much"],
  ] as const)("is the schema's for anything else: %s.%s %j", (name, field, value) => {
    expect(messageFor(name, field, value)).toMatch(/^the field must /);
  });

  it.each([
    ["customers", "id", '="004004"'],
    ["customers", "id", "'004004"],
    ["customers", "date_of_birth", " 1980-02-03\u00a0"],
    ["products", "sku", "4004.0"],
  ] as const)("is none where the value is told exactly: %s.%s %j", (name, field, value) => {
    expect(messageFor(name, field, value)).toBeUndefined();
  });
});
