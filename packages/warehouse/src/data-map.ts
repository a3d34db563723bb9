import { type DatabaseDeclaration, isAboutPeople, type TableDeclaration } from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import { ACCESS_TABLES } from "./access-tables.js";
import { findUnfitColumns } from "./erasable-columns.js";
import { FEED_TABLES } from "./feed-tables.js";
import { LEDGER_TABLES } from "./ledger-tables.js";
import type { Queryable } from "./pool.js";
import { PRIVACY_TABLES } from "./privacy-tables.js";
import { QUALITY_TABLES } from "./quality-tables.js";

/** The schemas of which every table and column must be declared. */
export const OWN_SCHEMAS = ["ledger", "warehouse", "privacy"] as const;

/** The declarations of the tables that belong to no dataset, by what they are for. */
export const OWN_TABLES = {
  Ledger: LEDGER_TABLES,
  Privacy: PRIVACY_TABLES,
  Access: ACCESS_TABLES,
  Feed: FEED_TABLES,
  Quality: QUALITY_TABLES,
} as const satisfies Readonly<Record<string, readonly TableDeclaration[]>>;

/** Returns the declarations of every table that Lethe has. */
export function declaredTables(declaration: DatabaseDeclaration): readonly TableDeclaration[] {
  return [...declaration.tables, ...Object.values(OWN_TABLES).flat()];
}

/** Returns the names of the tables that hold people's ids, emails or values: what an erasure masks, and must vacuum. */
export function tablesAboutPeople(declaration: DatabaseDeclaration): string[] {
  return declaredTables(declaration)
    .filter(({ columns }) => Object.values(columns).some(isAboutPeople))
    .map(({ name }) => name);
}

export interface DataMapDifferences {
  /** Tables, and columns as `table.column`, that the database has and no declaration names. */
  readonly undeclared: readonly string[];
  /** Those that are declared and not there. */
  readonly missing: readonly string[];
}

/** Compares the database's catalogue, which every role may read, with the declarations. */
export async function compareDataMap(db: Queryable, tables: readonly TableDeclaration[]): Promise<DataMapDifferences> {
  const names = tables.map(({ name }) => name);
  const { rows } = await db.query<{ table: string; columns: string[] }>(SELECT_TABLES, [OWN_SCHEMAS, names]);
  const found = new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
  const declared = new Map(tables.map(({ name, columns }) => [name, new Set(Object.keys(columns))]));
  return { undeclared: notIn(declared, found), missing: notIn(found, declared) };
}

/**
 * Throws ConfigurationError, which names them, when the database has tables or columns that are not declared, lacks some, or
 * has some that an erasure could not mask.
 */
export async function requireDeclared(db: Queryable, tables: readonly TableDeclaration[]): Promise<void> {
  const { undeclared, missing } = await compareDataMap(db, tables);
  if (undeclared.length > 0) {
    throw new ConfigurationError(
      `the database has what no declaration names, so that an erasure would pass it over: ${undeclared.join(", ")}. ` +
        "Declare it in tables.ts of its dataset (docs/data-map.md lists what is declared), " +
        `move it out of the schemas ${OWN_SCHEMAS.join(", ")}, or start the version of Lethe that it belongs to`,
    );
  }
  if (missing.length > 0) {
    throw new ConfigurationError(
      `the database lacks what is declared: ${missing.join(", ")}. Add a step to sql-scripts/ that creates it, or take it out of tables.ts of its dataset`,
    );
  }
  const unfit = await findUnfitColumns(db, tables);
  if (unfit.length > 0) {
    throw new ConfigurationError(
      `an erasure could not mask what is declared: ${unfit.join(", ")}. Change the columns by a step in sql-scripts/, or their declarations`,
    );
  }
}

type Columns = ReadonlyMap<string, ReadonlySet<string>>;

/** Names what the second has and the first has not; of a table that is not there at all, the table alone. */
function notIn(known: Columns, all: Columns): string[] {
  return [...all].flatMap(([table, columns]) => {
    const others = known.get(table);
    if (others === undefined) return [table];
    return [...columns].filter((column) => !others.has(column)).map((column) => `${table}.${column}`);
  });
}

const SELECT_TABLES = `
  select n.nspname || '.' || c.relname as table,
         array(select a.attname::text from pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and (n.nspname = any ($1) or n.nspname || '.' || c.relname = any ($2))
  order by 1`;
