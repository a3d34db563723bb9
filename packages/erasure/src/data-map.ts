import { type ColumnDeclaration, DATABASE_ROLES, type TableDeclaration } from "@lethe/contracts/data-map";
import type { DataMap, DataMapColumns, DataMapTable } from "@lethe/contracts/data-map-schema";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { MaskingStrategy } from "@lethe/privacy/mask-value";
import type { Policy } from "@lethe/privacy/policy";
import { OWN_TABLES } from "@lethe/warehouse/data-map";

/** By input field, what the policy does with it when its person is erased. */
type Strategies = Readonly<Record<string, MaskingStrategy>>;

/** Returns the data map of the datasets' tables and of Lethe's own, under a policy. */
export function createDataMap(datasets: Datasets, policy: Policy): DataMap {
  return {
    sections: [
      ...datasets.all.map(({ name, tables }) => ({
        heading: `Dataset ${name}`,
        tables: tables.map((table) => describeTable(table, policy.datasets[name] ?? {})),
      })),
      ...Object.entries(OWN_TABLES).map(([heading, tables]) => ({
        heading,
        tables: tables.map((table) => describeTable(table, {})),
      })),
    ],
  };
}

/** Describes one table. Throws for a personal column of which nothing says what an erasure leaves. */
export function describeTable(table: TableDeclaration, strategies: Strategies): DataMapTable {
  const columns: DataMapColumns[] = [];
  for (const [name, column] of Object.entries(table.columns)) {
    if (column.kind !== "neither") columns.push(describeColumn(table, name, column, strategies));
  }
  // Columns that are not about people stand together with all that have the same readers.
  for (const [name, column] of Object.entries(table.columns)) {
    if (column.kind !== "neither") continue;
    const described = describeColumn(table, name, column, strategies);
    const alike = columns.find((other) => isAlike(other, described));
    if (alike === undefined) columns.push(described);
    else alike.names.push(name);
  }
  return {
    name: table.name,
    title: table.title,
    belongsTo: table.belongsTo ?? null,
    history: table.history ?? null,
    sourceFile: table.sourceFile ?? null,
    erasedAt: table.erasedAt ?? null,
    columns,
  };
}

function describeColumn(
  table: TableDeclaration,
  name: string,
  column: ColumnDeclaration,
  strategies: Strategies,
): DataMapColumns {
  return {
    names: [name],
    holds: column.kind,
    identifies: column.kind === "identifying" ? column.of : null,
    inputField: (column.kind !== "neither" && column.field) || null,
    isDerived: column.kind === "personal" && column.derived === true,
    leaves: leaves(column, strategies),
    readers: DATABASE_ROLES.filter((role) => mayRead(table.rights[role], name)),
    analysts: analysts(table, column),
  };
}

function isAlike(one: DataMapColumns, other: DataMapColumns): boolean {
  const { names: _, ...rest } = one;
  const { names: __, ...otherRest } = other;
  return JSON.stringify(rest) === JSON.stringify(otherRest);
}

const LEFT_BY: Readonly<Record<MaskingStrategy, string>> = {
  null: "nothing",
  redact: "`[erased]`",
  hmac: "a pseudonym",
  sha256: "a plain hash",
  generalize: "a coarse form: the year of a date, the outward part of a postcode",
  keep: "the value",
};

function leaves(column: ColumnDeclaration, strategies: Strategies): string {
  if (column.kind === "neither") return "the value";
  if (column.leaves !== undefined) return column.leaves;
  if (column.kind === "identifying" && (column.of === "pseudonym" || column.of === "keyed-hash")) {
    return "the value, as proof of the erasure";
  }
  const strategy = column.field === undefined ? undefined : strategies[column.field];
  if (strategy === undefined) throw new Error(`nothing says what an erasure leaves of a column of ${column.field}`);
  return LEFT_BY[strategy];
}

function analysts(table: TableDeclaration, column: ColumnDeclaration): string | null {
  const seenAs = typeof column.analytics === "object" ? column.analytics.as : column.analytics;
  return seenAs === undefined || table.analyticsView === undefined ? null : `${table.analyticsView}.${seenAs}`;
}

/** Reads privileges as GRANT writes them: `select` is of all columns, `select (a, b)` of two. */
function mayRead(privileges: string | undefined, name: string): boolean {
  const select = /\bselect\b(?:\s*\(([^)]*)\))?/.exec(privileges ?? "");
  if (select === null) return false;
  return select[1] === undefined || select[1].split(/,\s*/).includes(name);
}
