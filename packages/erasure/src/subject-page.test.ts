import type { SubjectExport } from "@lethe/contracts/subject-export";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { expect, it } from "vitest";
import { subjectPage } from "./subject-page.js";

const TABLES = createDatasets().database.tables;

/** A row of every declared table, with its columns in reverse and each named by its value. */
const HELD: SubjectExport = {
  createdAt: "2022-03-01T00:00:00.000Z",
  identifiers: { customerIds: ["000001"], emails: [], names: [] },
  restrictedAt: null,
  requests: [],
  tables: TABLES.map(({ name, title, columns }) => {
    const data = Object.fromEntries(
      Object.keys(columns)
        .reverse()
        .map((column) => [column, `of ${column}`]),
    );
    return { table: name, title, rows: [{ file: null, date: null, data }] };
  }),
  quarantine: [],
  files: [],
  notSearched: [],
};

it("shows what was sent, under names that can be read and in order, and nothing of Lethe's own work", () => {
  const page = subjectPage(HELD, TABLES);
  const labels = [...page.matchAll(/<th scope="row">([^<]*)<[^>]*><td>of /g)].map(([, label]) => label);
  expect(labels.slice(0, 5)).toEqual(["Number", "First name", "Last name", "Date of birth", "Email"]);
  expect(labels).toEqual(expect.arrayContaining(["Transaction time", "Quantity", "Price", "Postcode"]));
  for (const column of [
    ...["last_seen", "first_seen", "analytics_id", "source_file_id", "transaction_key", "erased_at", "phone_e164"],
    ...["loaded_at", "valid_from", "restricted_at"],
  ]) {
    expect(page).not.toContain(`of ${column}<`);
  }
});

it("shows all of a table that is not declared", () => {
  expect(subjectPage(HELD, [])).toContain("of last_seen<");
});
