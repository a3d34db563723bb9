import { identifying, neutral, personal, type TableDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type from "typebox";
import { describe, expect, it } from "vitest";
import * as definitions from "./all-datasets.js";
import { createDatasets } from "./create-datasets.js";
import { CUSTOMER_ID_PATTERN } from "./customers/schema.js";
import type { DatasetDefinition } from "./define-dataset.js";
import * as field from "./field.js";

const CUSTOMERS = { table: "warehouse.customers", column: "id" } as const;
const TABLE: TableDeclaration = {
  name: "warehouse.letters",
  title: "Letters",
  primaryKey: "letter_id",
  columns: {
    ...neutral("letter_id source_file_id transaction_key"),
    customer_id: identifying("customer-id", { field: "customer_id", follows: CUSTOMERS }),
    text: personal("text"),
  },
  sourceFile: "source_file_id",
  rights: { scheduler: "select", loader: "select, insert, update" },
};
const { customer_id: _id, ...WITHOUT_ID } = TABLE.columns;
const { sourceFile: _file, ...WITHOUT_FILE } = TABLE;
const Id = Type.String({ pattern: CUSTOMER_ID_PATTERN });
const LETTERS: DatasetDefinition = {
  ...definitions.products,
  name: "letters",
  runsAfter: ["customers"],
  contract: Type.Object({ letter_id: Type.Integer(), customer_id: Id, text: Type.String() }),
  csv: {},
  fields: { letter_id: field.notPersonal, customer_id: field.customerId, text: field.personalText },
  stagingTables: [{ name: "stage_letters", columns: [["ordinal", "integer"]] }],
  tables: [TABLE],
};

const all: readonly DatasetDefinition[] = Object.values(definitions);
const withLetters = (change: Partial<DatasetDefinition>) => () => createDatasets([...all, { ...LETTERS, ...change }]);
const withTable = (change: Partial<TableDeclaration>) => withLetters({ tables: [{ ...TABLE, ...change }] });
const withColumns = (columns: TableDeclaration["columns"]) => withTable({ columns: { ...TABLE.columns, ...columns } });
const withContract = (contract: DatasetDefinition["contract"], fields: DatasetDefinition["fields"]) =>
  withLetters({ contract, fields: { ...LETTERS.fields, ...fields } });

it("takes a dataset that an erasure reaches", () => {
  expect(withLetters({})().names).toContain("letters");
});

describe("an erasure would pass somebody over, or fail, with", () => {
  it.each([
    ["a table about people without whose", withTable({ columns: WITHOUT_ID }), "has their customer id"],
    [
      "an email without an id",
      withTable({ columns: { ...WITHOUT_ID, email: identifying("email", { field: "text" }) } }),
      "has their customer id",
    ],
    [
      "a table that belongs to one that is not there",
      withTable({ columns: WITHOUT_ID, belongsTo: { table: "warehouse.transactoins", key: "transaction_key" } }),
      "which both must have",
    ],
    [
      "a table that belongs to one that only belongs",
      withTable({ columns: WITHOUT_ID, belongsTo: { table: "warehouse.delivery_addresses", key: "transaction_key" } }),
      "has their customer id",
    ],
    [
      "an id of its own beside the one of the table that it belongs to",
      withTable({ belongsTo: { table: "warehouse.transactions", key: "transaction_key" } }),
      "belongs to another table",
    ],
    [
      "a personal column that holds no field",
      withColumns({ text: { kind: "personal", leaves: "nothing" } }),
      "names no input field",
    ],
    ["an id that holds no field", withColumns({ customer_id: identifying("customer-id") }), "names no input field"],
    [
      "a personal column of a field that is not",
      withColumns({ text: personal("letter_id") }),
      "declared as not about people",
    ],
    [
      "two ids in a row",
      withColumns({ reader: identifying("customer-id", { field: "customer_id", follows: CUSTOMERS }) }),
      "identify in the same way",
    ],
    [
      "an id that follows what is no id",
      withColumns({
        customer_id: identifying("customer-id", { field: "customer_id", follows: { ...CUSTOMERS, column: "city" } }),
      }),
      "does not identify in the same way",
    ],
    [
      "an array of ids",
      withColumns({ customer_id: identifying("customer-id", { field: "customer_id", many: true }) }),
      "holds many ids",
    ],
    ["a key of two columns", withTable({ primaryKey: "letter_id, transaction_key" }), "must be one column"],
    ["a key that is no column", withTable({ primaryKey: "id" }), "it has no column id"],
    ["a source file that is no column", withTable({ sourceFile: "file_id" }), "it has no column file_id"],
    ["no source file", withLetters({ tables: [WITHOUT_FILE] }), "both a customer id and a source file"],
    ["a history that is not there", withTable({ history: "warehouse.letters_history" }), "there is no table"],
    ["a table of another schema", withTable({ name: "crm.letters" }), "not of the schema warehouse"],
    ["a column that SQL must quote", withColumns({ "the text": personal("text") }), "need quotes"],
    [
      "two ids in a record",
      withContract(Type.Object({ ...LETTERS.contract.properties, reader: Id }), { reader: field.customerId }),
      "both identify by customer-id",
    ],
    [
      "a nested email",
      withContract(Type.Object({ ...LETTERS.contract.properties, to: Type.Object({ email: Type.String() }) }), {
        "to.email": field.email,
      }),
      "identifies and is nested",
    ],
    [
      "a nested field that nobody declares",
      withContract(
        Type.Object({ ...LETTERS.contract.properties, to: Type.Object({ city: Type.String(), phone: Type.String() }) }),
        { "to.city": field.personalText },
      ),
      "to.phone is not declared",
    ],
    [
      "a field that the schema does not have",
      withLetters({ fields: { ...LETTERS.fields, txet: field.personalText } }),
      "not a field of the schema",
    ],
    [
      "ids in any form",
      withContract(Type.Object({ ...LETTERS.contract.properties, customer_id: Type.String() }), {}),
      "not six digits",
    ],
    [
      "a default that its column cannot hold",
      withLetters({ fields: { ...LETTERS.fields, customer_id: field.keptByDefault(field.customerId) } }),
      "cannot bear its own default",
    ],
    ["no right to plan", withTable({ rights: { loader: "select, update" } }), "the scheduler has no right"],
    ["no right to mask", withTable({ rights: { scheduler: "select", loader: "insert" } }), "the loader has no right"],
    ["a second register of people", withTable({ registersSubjects: true }), "more than one table registers"],
    [
      "another dataset's staging table",
      withLetters({ stagingTables: definitions.products.stagingTables }),
      "declared twice",
    ],
  ])("%s, so it is refused", (_what, create, problem) => {
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow(problem);
  });
});
