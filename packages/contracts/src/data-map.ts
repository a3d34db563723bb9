import { SERVICE_NAMES } from "./services.js";

/**
 * What Lethe declares of every column of every table that it has. Masking, plans, scans, vacuum, subject export, database
 * rights, analytics views, log redaction and `docs/data-map.md` derive from these declarations, so nothing else lists tables.
 */
export interface TableDeclaration {
  /** Schema and table, `warehouse.customers`. */
  readonly name: string;
  /** What a row is, for people: on receipts and in the data map. */
  readonly title: string;
  /** Its column; several with commas between them. */
  readonly primaryKey: string;
  /** Every column of the table by name; one that the database has and this does not makes start-up fail. */
  readonly columns: Readonly<Record<string, ColumnDeclaration>>;
  /** The table whose row says whose row this is, and the column that both have; for tables without an identifying column. */
  readonly belongsTo?: { readonly table: string; readonly key: string };
  /** The column that names the row of `ledger.files` that the row came from; absent where rows come from no file. */
  readonly sourceFile?: string;
  /** The column that an erasure sets to the time at which it masked the row. */
  readonly erasedAt?: string;
  /** The column that says since when the data subject's data is restricted; of the table that registers subjects alone. */
  readonly restrictedAt?: string;
  /** Computes the derived columns of a row whose other columns have been masked. */
  readonly derive?: (row: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** The table that keeps superseded versions of this table's rows. */
  readonly history?: string;
  /** Whether the newest row of an id says which email is its data subject's. At most one table says so. */
  readonly registersSubjects?: boolean;
  /** The view of schema `analytics` that shows this table's columns; several one-to-one tables may share a view. */
  readonly analyticsView?: string;
  /** Rows that this table adds to views whose columns other tables declare. */
  readonly adds?: readonly AddedRows[];
  /** What each database role may do with the table; a role that is absent may do nothing. */
  readonly rights: TableRights;
}

/** Rows that stand in a view beside those of its own tables, for what is kept as sums alone. */
export interface AddedRows {
  /** The view of schema `analytics`. */
  readonly view: string;
  /** SQL of the tables that the rows come from. */
  readonly from: string;
  /** SQL by column of the view; a column that is not named is null. */
  readonly columns: Readonly<Record<string, string>>;
}

export type ColumnDeclaration = IdentifyingColumn | PersonalColumn | NeutralColumn;

/** A column that identifies the data subject of its row. */
export interface IdentifyingColumn {
  readonly kind: "identifying";
  /**
   * `pseudonym` and `keyed-hash` are made with the key; they stay after an erasure, as its proof. `analytics-id` is random,
   * and what analysts know the data subject by.
   */
  readonly of: "customer-id" | "email" | "pseudonym" | "keyed-hash" | "analytics-id";
  /** Whether the column is an array of them. */
  readonly many?: boolean;
  /** The input field that the column holds; the policy's strategy for it is the column's. */
  readonly field?: string;
  /** The column that this one refers to by a foreign key that cascades: it changes with it, and is not changed itself. */
  readonly follows?: { readonly table: string; readonly column: string };
  /** What becomes of it in an erasure, where that is not a strategy of the policy. */
  readonly leaves?: string;
  /** The name under which analysts see the subject's `analytics-id` in place of a customer id. */
  readonly analytics?: string;
}

/** A column that holds something about a person. */
export interface PersonalColumn {
  readonly kind: "personal";
  /** The input field that the column holds (the policy's strategy for it is the column's), or the one it is derived from. */
  readonly field?: string;
  /** Whether the table's dataset computes the column from others. */
  readonly derived?: boolean;
  /** What becomes of it in an erasure, where that is not a strategy of the policy. */
  readonly leaves?: string;
  /** What analysts see of it: there is no showing it without saying how. */
  readonly analytics?: AnalyticsExpression;
}

/** Neither identifies a person nor says anything about one. */
export interface NeutralColumn {
  readonly kind: "neither";
  /** What the outcome `unlink` leaves of it in a row of a data subject; without it, the value. */
  readonly unlink?: Unlinking;
  /** The name under which analysts see it. */
  readonly analytics?: string;
}

/**
 * What `unlink` leaves of a column that would tie rows of one person together:
 * - `nothing`: null;
 * - `day`: the beginning of its day in UTC;
 * - `dayOf`: the beginning of another column's day;
 * - `record-id`: the random id that takes the place of the record's own, in every table that has it.
 */
export type Unlinking = "nothing" | "day" | "record-id" | { readonly dayOf: string };

export interface AnalyticsExpression {
  readonly as: string;
  /** Returns SQL over the column, which is given as SQL. */
  readonly sql: (column: string) => string;
}

/** All that may do something with tables: the services, and the owner of the functions that merge transactions. */
export const DATABASE_ROLES = [...SERVICE_NAMES, "merger"] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

/** Privileges as GRANT writes them, `select, update (state)`. */
export type TableRights = Readonly<Partial<Record<DatabaseRole, string>>>;

/**
 * A temporary table that batches' rows are copied into before they are merged. Its first column is `ordinal`, the record's
 * number in its batch. One more column, `part`, which fills itself, says which of the batches the row is of.
 */
export interface StagingTable {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string])[];
}

/** Everything that the database is told of the datasets. */
export interface DatabaseDeclaration {
  readonly tables: readonly TableDeclaration[];
  readonly stagingTables: readonly StagingTable[];
}

/** Declares columns of which none is about a person; their names have spaces between them. */
export function neutral(names: string): Readonly<Record<string, NeutralColumn>> {
  return Object.fromEntries(namesIn(names).map((name) => [name, { kind: "neither" }]));
}

/** Declares columns of which none is about a person, and which analysts see under their names. */
export function shown(names: string): Readonly<Record<string, NeutralColumn>> {
  return Object.fromEntries(namesIn(names).map((name) => [name, { kind: "neither", analytics: name }]));
}

/** Declares columns of which none is about a person, and which `unlink` changes so that they tie no rows together. */
export function unlinked(unlink: Unlinking, names: string): Readonly<Record<string, NeutralColumn>> {
  return Object.fromEntries(namesIn(names).map((name) => [name, { kind: "neither", unlink }]));
}

/** As `unlinked`, of columns that analysts see under their names. */
export function unlinkedAndShown(unlink: Unlinking, names: string): Readonly<Record<string, NeutralColumn>> {
  return Object.fromEntries(namesIn(names).map((name) => [name, { kind: "neither", unlink, analytics: name }]));
}

function namesIn(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Declares a column that identifies a data subject. */
export function identifying(
  of: IdentifyingColumn["of"],
  more: Omit<IdentifyingColumn, "kind" | "of"> = {},
): IdentifyingColumn {
  return { kind: "identifying", of, ...more };
}

/** Declares a column that holds an input field about a person. */
export function personal(field: string, more: Omit<PersonalColumn, "kind" | "field"> = {}): PersonalColumn {
  return { kind: "personal", field, ...more };
}

/** Shows analysts a personal column as it is, because the policy leaves it to an erased person too. */
export function asItIs(as: string): AnalyticsExpression {
  return { as, sql: (column) => column };
}

/**
 * Reports whether a column holds a person's id, email or values. Pseudonyms, keyed hashes and random numbers do not count:
 * they are what an erasure leaves.
 */
export function isAboutPeople(column: ColumnDeclaration): boolean {
  if (column.kind === "identifying") return column.of === "customer-id" || column.of === "email";
  return column.kind === "personal";
}

/** Returns the names of a table's columns that identify a data subject in this way. */
export function columnsThatIdentify({ columns }: TableDeclaration, of: IdentifyingColumn["of"]): string[] {
  return Object.entries(columns).flatMap(([name, column]) =>
    column.kind === "identifying" && column.of === of ? [name] : [],
  );
}
