import Type, { type Static } from "typebox";

const Columns = Type.Object({
  names: Type.Array(Type.String(), { description: "Columns that are alike; where they are about people, one" }),
  holds: Type.Enum(["identifying", "personal", "neither"]),
  identifies: Type.Union([Type.String(), Type.Null()], {
    description:
      "For an identifying column by what: `customer-id`, `email`, `pseudonym`, `keyed-hash` or `analytics-id`",
  }),
  inputField: Type.Union([Type.String(), Type.Null()]),
  isDerived: Type.Boolean({ description: "Whether it is derived from the input field" }),
  leaves: Type.String({ description: "What an erasure leaves of it" }),
  readers: Type.Array(Type.String(), { description: "The services' database roles that may read it" }),
  analysts: Type.Union([Type.String(), Type.Null()], { description: "View and column in which analysts see it" }),
});

const Table = Type.Object({
  name: Type.String(),
  title: Type.String({ description: "What a row is" }),
  belongsTo: Type.Union([Type.Object({ table: Type.String(), key: Type.String() }), Type.Null()], {
    description: "The table whose row of the same key says whom a row is about",
  }),
  history: Type.Union([Type.String(), Type.Null()], { description: "The table of superseded versions" }),
  sourceFile: Type.Union([Type.String(), Type.Null()], {
    description: "The column that names the file that a row came from",
  }),
  erasedAt: Type.Union([Type.String(), Type.Null()], {
    description: "The column that says when an erasure masked the row",
  }),
  columns: Type.Array(Columns),
});

/** What every column of every table holds about people, what an erasure leaves of it, and who may read it. */
export const DataMapSchema = Type.Object(
  { sections: Type.Array(Type.Object({ heading: Type.String(), tables: Type.Array(Table) })) },
  { $id: "DataMap" },
);
export type DataMap = Static<typeof DataMapSchema>;
export type DataMapTable = Static<typeof Table>;
export type DataMapColumns = Static<typeof Columns>;
