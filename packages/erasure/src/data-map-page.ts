import { type ColumnDeclaration, DATABASE_ROLES, type TableDeclaration } from "@lethe/contracts/data-map";
import type { MaskingStrategy } from "@lethe/privacy/mask-value";

export interface DataMapSection {
  readonly heading: string;
  readonly tables: readonly TableDeclaration[];
  /** By input field, what the policy does with it when its person is erased. */
  readonly strategies: Readonly<Record<string, MaskingStrategy>>;
}

/** Creates `docs/data-map.md`: what each column holds about people, what an erasure leaves of it, and who may read it. */
export function dataMapPage(sections: readonly DataMapSection[]): string {
  return [INTRODUCTION, ...sections.map(describeSection)].join("\n");
}

const INTRODUCTION = `# Data map

What every column of every table holds about people, what an erasure leaves of it under the policy that comes with Lethe
(the \`mask\` of each field in its dataset), and who may read it. It is the basis of a record of processing (GDPR Art. 30).

This page is generated from the declarations that masking, scans, vacuum, rights and analytics views derive from, and a test
compares them with the database. Do not edit it: change the declaration, then run
\`npx vitest run -u -c vitest.unit.config.ts packages/erasure/src/data-map-page.test.ts\`.

- **identifying**: says whose row it is. Pseudonyms and keyed hashes are made with the privacy key.
- **personal**: says something about a person.
- **neither**: no more than that by itself. In a table whose rows are of people (\`warehouse.transactions\` and what belongs to
  it) such a column is about somebody only as long as an identifying one says about whom.

Readers are the services' database roles. Analysts read the views of schema \`analytics\` alone. The database's owner reads all.
`;

function describeSection({ heading, tables, strategies }: DataMapSection): string {
  return [`## ${heading}\n`, ...tables.map((table) => describeTable(table, strategies))].join("\n");
}

function describeTable(table: TableDeclaration, strategies: DataMapSection["strategies"]): string {
  const rows = Object.entries(table.columns)
    .filter(([, { kind }]) => kind !== "neither")
    .map(([name, column]) => ({
      columns: [name],
      cells: [holds(column), inputField(column), leaves(column, strategies), readers(table, name, column)],
    }));
  // Columns that are not about people stand in one row for all that have the same readers.
  for (const [name, column] of Object.entries(table.columns)) {
    if (column.kind !== "neither") continue;
    const cells = ["neither", "", "the value", readers(table, name, column)];
    const alike = rows.find((row) => row.cells.join() === cells.join());
    if (alike === undefined) rows.push({ columns: [name], cells });
    else alike.columns.push(name);
  }
  const remarks = [
    table.belongsTo &&
      `A row is about the person of the row of \`${table.belongsTo.table}\` that has the same \`${table.belongsTo.key}\`.`,
    table.history && `Superseded versions stand in \`${table.history}\`.`,
    table.sourceFile && `\`${table.sourceFile}\` names the file that a row came from.`,
    table.erasedAt && `\`${table.erasedAt}\` says when an erasure masked the row.`,
  ].filter((remark) => remark !== undefined);
  return [
    `### \`${table.name}\`\n`,
    `${[`${table.title}.`, ...remarks].join(" ")}\n`,
    "| column | holds | input field | an erasure leaves | readers |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(({ columns, cells }) => `| ${columns.map(code).join(", ")} | ${cells.join(" | ")} |`),
    "",
  ].join("\n");
}

function holds(column: ColumnDeclaration): string {
  return column.kind === "identifying" ? `identifying: ${column.of}` : column.kind;
}

function inputField(column: ColumnDeclaration): string {
  if (column.kind === "neither" || column.field === undefined) return "";
  return column.kind === "personal" && column.derived ? `derived from ${code(column.field)}` : code(column.field);
}

const LEFT_BY: Readonly<Record<MaskingStrategy, string>> = {
  null: "nothing",
  redact: "`[erased]`",
  hmac: "a pseudonym",
  sha256: "a plain hash",
  generalize: "a coarse form: the year of a date, the outward part of a postcode",
  keep: "the value",
};

function leaves(column: ColumnDeclaration, strategies: DataMapSection["strategies"]): string {
  if (column.kind === "neither") return "the value";
  if (column.leaves !== undefined) return column.leaves;
  if (column.kind === "identifying" && (column.of === "pseudonym" || column.of === "keyed-hash")) {
    return "the value, as proof of the erasure";
  }
  const strategy = column.field === undefined ? undefined : strategies[column.field];
  if (strategy === undefined) throw new Error(`nothing says what an erasure leaves of a column of ${column.field}`);
  return LEFT_BY[strategy];
}

function readers(table: TableDeclaration, name: string, column: ColumnDeclaration): string {
  const roles: string[] = DATABASE_ROLES.filter((role) => mayRead(table.rights[role], name));
  const seenAs = typeof column.analytics === "object" ? column.analytics.as : column.analytics;
  if (seenAs !== undefined && table.analyticsView !== undefined) {
    const form = column.kind === "identifying" ? ", a random number" : "";
    roles.push(`analysts as ${code(`${table.analyticsView}.${seenAs}`)}${form}`);
  }
  return roles.join(", ");
}

/** Reads privileges as GRANT writes them: `select` is of all columns, `select (a, b)` of two. */
function mayRead(privileges: string | undefined, name: string): boolean {
  const select = /\bselect\b(?:\s*\(([^)]*)\))?/.exec(privileges ?? "");
  if (select === null) return false;
  return select[1] === undefined || select[1].split(/,\s*/).includes(name);
}

function code(text: string): string {
  return `\`${text}\``;
}
