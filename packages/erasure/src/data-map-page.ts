import type { DataMap, DataMapColumns, DataMapTable } from "@lethe/contracts/data-map-schema";

/** Creates `docs/data-map.md`: what each column holds about people, what an erasure leaves of it, and who may read it. */
export function dataMapPage({ sections }: DataMap): string {
  return [
    INTRODUCTION,
    ...sections.map(({ heading, tables }) => [`## ${heading}\n`, ...tables.map(formatTable)].join("\n")),
  ].join("\n");
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

function formatTable(table: DataMapTable): string {
  const remarks = [
    table.belongsTo &&
      `A row is about the person of the row of \`${table.belongsTo.table}\` that has the same \`${table.belongsTo.key}\`.`,
    table.history && `Superseded versions stand in \`${table.history}\`.`,
    table.sourceFile && `\`${table.sourceFile}\` names the file that a row came from.`,
    table.erasedAt && `\`${table.erasedAt}\` says when an erasure masked the row.`,
  ].filter((remark) => remark !== null);
  return [
    `### \`${table.name}\`\n`,
    `${[`${table.title}.`, ...remarks].join(" ")}\n`,
    "| column | holds | input field | an erasure leaves | readers |",
    "| --- | --- | --- | --- | --- |",
    ...table.columns.map((columns) => `| ${cellsOf(columns).join(" | ")} |`),
    "",
  ].join("\n");
}

function cellsOf({ names, holds, identifies, inputField, isDerived, leaves, readers, analysts }: DataMapColumns) {
  const field = inputField === null ? "" : code(inputField);
  const form = holds === "identifying" ? ", a random number" : "";
  return [
    names.map(code).join(", "),
    identifies === null ? holds : `${holds}: ${identifies}`,
    isDerived ? `derived from ${field}` : field,
    leaves,
    [...readers, ...(analysts === null ? [] : [`analysts as ${code(analysts)}${form}`])].join(", "),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}
