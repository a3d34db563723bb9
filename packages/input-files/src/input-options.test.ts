import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { parseInputFormats } from "./input-options.js";

const DATASETS = [
  { name: "customers", columns: ["id", "email"] },
  { name: "products", columns: ["sku", "price"] },
] as const;

describe("the setting LETHE_INPUT_FORMATS", () => {
  it("has options for some datasets, or for none", () => {
    const options = {
      customers: { encoding: "windows-1252", delimiter: ";", columns: ["email", "id"], names: { Kundennummer: "id" } },
      products: { decimalComma: true, delimiter: "\t", escape: "backslash" },
    };
    expect(Object.fromEntries(parseInputFormats(JSON.stringify(options), DATASETS))).toEqual(options);
    expect(parseInputFormats("{}", DATASETS).size).toBe(0);
  });

  it.each([
    ["not JSON", "{customers", "LETHE_INPUT_FORMATS is not JSON"],
    ["a list", "[]", "the whole must be object"],
    ["an unknown dataset", '{"clients":{}}', "there is no dataset clients; there are customers, products"],
    ["an unknown key", '{"customers":{"separator":";"}}', "customers must not have additional properties (separator)"],
    [
      "an unknown column",
      '{"customers":{"columns":["id","mail"]}}',
      "customers has no field mail; its fields are id, email",
    ],
    [
      "an unknown field",
      '{"products":{"names":{"Preis":"cost"}}}',
      "products has no field cost; its fields are sku, price",
    ],
    [
      "an unknown encoding",
      '{"customers":{"encoding":"cp-9000"}}',
      "customers.encoding is no encoding that Lethe reads",
    ],
    ["a letter as delimiter", '{"customers":{"delimiter":"a"}}', "customers.delimiter must match pattern"],
    ["a quote as delimiter", '{"customers":{"delimiter":"\\""}}', "customers.delimiter must match pattern"],
    ["a column twice", '{"customers":{"columns":["id","id"]}}', "customers.columns must not have duplicate items"],
  ])("is refused with %s", (_what, json, message) => {
    const parsing = () => parseInputFormats(json, DATASETS);
    expect(parsing).toThrow(ConfigurationError);
    expect(parsing).toThrow(message);
  });
});
