import { asItIs, identifying, neutral, personal, shown, type TableDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import { expect, it } from "vitest";
import { createAnalyticsViews } from "./analytics-views.js";

const PEOPLE: TableDeclaration = {
  name: "warehouse.people",
  title: "People",
  primaryKey: "id",
  columns: {
    id: identifying("customer-id", { field: "id", analytics: "person" }),
    name: personal("name"),
    born: personal("born", { analytics: { as: "birth_year", sql: (date) => `extract(year from ${date})` } }),
    random: identifying("analytics-id"),
    ...neutral("loaded_at"),
  },
  registersSubjects: true,
  analyticsView: "people",
  rights: {},
};

const VISITS: TableDeclaration = {
  name: "warehouse.visits",
  title: "Visits",
  primaryKey: "visit_id",
  columns: {
    ...shown("key visit_id"),
    person_id: identifying("customer-id", { field: "person_id", analytics: "person" }),
  },
  analyticsView: "visits",
  rights: {},
};

const PLACES: TableDeclaration = {
  name: "warehouse.places",
  title: "Places",
  primaryKey: "key",
  columns: { ...neutral("key"), town: personal("town", { analytics: asItIs("visited_town") }) },
  belongsTo: { table: "warehouse.visits", key: "key" },
  analyticsView: "visits",
  rights: {},
};

it("shows people by their random number, and of what is personal only what is declared", () => {
  expect(createAnalyticsViews([PEOPLE])).toBe(
    "create or replace view analytics.people as select t0.random as person, extract(year from t0.born) as birth_year from warehouse.people t0;",
  );
});

it("joins tables that share a view by the key that they have in common, which comes last", () => {
  expect(createAnalyticsViews([VISITS, PLACES, PEOPLE]).split("\n")[0]).toBe(
    "create or replace view analytics.visits as " +
      "select t0.visit_id as visit_id, t0_person_id.random as person, t1.town as visited_town, t0.key as key " +
      "from warehouse.visits t0 left join warehouse.people t0_person_id on t0_person_id.id = t0.person_id " +
      "left join warehouse.places t1 using (key);",
  );
});

it("leaves people out whose data is restricted, with what refers to them, in whatever table", () => {
  const people = { ...PEOPLE, restrictedAt: "hidden_at" };
  const notes = { ...PLACES, name: "warehouse.notes", analyticsView: "notes" };
  const [ofPeople, ofVisits, ofNotes] = createAnalyticsViews([people, VISITS, notes])
    .split("\n")
    .filter((line) => line.startsWith("create"));
  expect(ofPeople).toMatch(/ where t0\.hidden_at is null;$/);
  expect(ofVisits).toMatch(
    / where not exists \(select from warehouse\.people r where r\.id = t0\.person_id and r\.hidden_at is not null\);$/,
  );
  expect(ofNotes).toContain(
    "where not exists (select from warehouse.visits p join warehouse.people r on r.id = p.person_id",
  );
});

it("refuses to show whose rows are whose where no table says who there is", () => {
  expect(() => createAnalyticsViews([VISITS])).toThrow(ConfigurationError);
});

it("refuses tables in one view that have nothing to do with each other", () => {
  expect(() => createAnalyticsViews([{ ...PEOPLE, analyticsView: "visits" }, PLACES])).toThrow(
    "warehouse.places is declared for the view analytics.visits and does not belong to warehouse.people",
  );
});

it("refuses to show an email in place of a person's number", () => {
  const columns = { ...PEOPLE.columns, email: identifying("email", { analytics: "email" }) };
  expect(() => createAnalyticsViews([{ ...PEOPLE, columns }])).toThrow(ConfigurationError);
});
