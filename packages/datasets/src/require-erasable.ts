import {
  type ColumnDeclaration,
  columnsThatIdentify,
  isAboutPeople,
  type TableDeclaration,
} from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";
import { PSEUDONYM_PATTERN } from "@lethe/privacy/privacy-key";
import Type, { type TObject, type TSchema } from "typebox";
import { Check } from "typebox/value";
import type { DatasetDefinition } from "./define-dataset.js";
import type { FieldDeclaration } from "./field.js";

/**
 * Refuses declarations under which an erasure would pass somebody over, or could not do its work: what an erasure cannot
 * reach must not be loaded. Throws ConfigurationError that names every fault.
 */
export function requireErasable(definitions: readonly DatasetDefinition[]): void {
  const tables = definitions.flatMap((definition) => definition.tables);
  const problems = definitions.flatMap((definition) => [
    ...problemsOfFields(definition),
    ...problemsOfTables(definition, tables),
  ]);
  if (tables.filter(({ registersSubjects }) => registersSubjects === true).length > 1) {
    problems.push("more than one table registers data subjects");
  }
  if (problems.length > 0) throw new ConfigurationError(`the datasets are declared wrongly: ${problems.join("; ")}`);
}

function problemsOfFields({ name, contract, fields }: DatasetDefinition): string[] {
  const problems: string[] = [];
  const complain = (path: string, fault: string) => problems.push(`${name}: the field ${path} ${fault}`);
  for (const identity of ["customer-id", "email"] as const) {
    const paths = Object.keys(fields).filter((path) => identifies(fields[path], identity));
    // Which of two says whose record it is, nobody could know.
    if (paths.length > 1) complain(paths.join(" and "), `both identify by ${identity}`);
  }
  for (const [path, field] of Object.entries(fields)) {
    if (!field.strategies.includes(field.mask)) complain(path, `cannot bear its own default strategy ${field.mask}`);
    if (!isPathOf(contract, path.split("."))) complain(path, "is not a field of the schema");
    if (field.kind === "identifying" && path.includes(".")) complain(path, "identifies and is nested");
    if (identifies(field, "customer-id") && !isCanonicalId(contract.properties[path])) {
      complain(path, "lets customer ids through that are not six digits as text, or refuses pseudonyms");
    }
  }
  return problems;
}

function problemsOfTables(
  { name, fields, tables, erasure }: DatasetDefinition,
  all: readonly TableDeclaration[],
): string[] {
  const problems = tables.flatMap((table) =>
    problemsOfTable(table, fields, all).map((fault) => `${table.name}: ${fault}`),
  );
  const holdsPeople = Object.values(fields).some((field) => identifies(field, "customer-id"));
  const leadsToFiles = tables.some(
    (table) => table.sourceFile !== undefined && columnsThatIdentify(table, "customer-id").length > 0,
  );
  if (holdsPeople && erasure === undefined && !leadsToFiles) {
    problems.push(
      `${name}: none of its tables has both a customer id and a source file, so that an erasure finds the files`,
    );
  }
  return problems;
}

function problemsOfTable(
  table: TableDeclaration,
  fields: DatasetDefinition["fields"],
  all: readonly TableDeclaration[],
): string[] {
  const problems: string[] = [];
  const { name, columns, belongsTo, primaryKey, sourceFile, erasedAt, history } = table;
  const has = (column: string) => Object.hasOwn(columns, column);
  if (!/^warehouse\.[a-z_]+$/.test(name)) problems.push("its name is not of the schema warehouse");
  for (const column of [...primaryKey.split(/,\s*/), sourceFile, erasedAt]) {
    if (column !== undefined && !has(column)) problems.push(`it has no column ${column}`);
  }
  if (history !== undefined && !all.some((other) => other.name === history))
    problems.push(`there is no table ${history}`);
  const ids = columnsThatIdentify(table, "customer-id");
  if (ids.length > 1 || columnsThatIdentify(table, "email").length > 1)
    problems.push("two of its columns identify in the same way");
  const parent = all.find((other) => other.name === belongsTo?.table);
  if (
    belongsTo !== undefined &&
    (parent === undefined || !has(belongsTo.key) || !Object.hasOwn(parent.columns, belongsTo.key))
  ) {
    problems.push(`it belongs to ${belongsTo.table} by ${belongsTo.key}, which both must have`);
  }
  const about = Object.entries(columns).filter(([, column]) => isAboutPeople(column));
  if (about.length === 0) return problems;
  if (ids.length > 0 && belongsTo !== undefined)
    problems.push("it has a customer id of its own and belongs to another table");
  const isReached = ids.length > 0 || (parent !== undefined && columnsThatIdentify(parent, "customer-id").length > 0);
  if (!isReached)
    problems.push("it is about people, and neither it nor the table that it belongs to has their customer id");
  // An erasure is planned by the scheduler and done by the loader.
  if (!/\bselect\b/.test(table.rights.scheduler ?? "")) problems.push("the scheduler has no right to select from it");
  if (!/\bselect\b.*\bupdate\b/.test(table.rights.loader ?? ""))
    problems.push("the loader has no right to select and update");
  if (primaryKey.includes(",") && about.some(([, column]) => !follows(column))) {
    problems.push("it is about people, so its primary key must be one column");
  }
  for (const [column, declared] of about) {
    problems.push(...problemsOfColumn(column, declared, fields, all).map((fault) => `its column ${column} ${fault}`));
  }
  return problems;
}

function problemsOfColumn(
  name: string,
  column: ColumnDeclaration,
  fields: DatasetDefinition["fields"],
  all: readonly TableDeclaration[],
): string[] {
  if (column.kind === "neither") return [];
  if (column.field === undefined) return ["names no input field, so that no strategy masks it"];
  const problems: string[] = [];
  if (fields[column.field]?.kind === "neither")
    problems.push(`holds ${column.field}, which is declared as not about people`);
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) problems.push("has a name that SQL would need quotes for");
  if (column.kind !== "identifying") return problems;
  if (column.many === true) problems.push("holds many ids, of which an erasure could not mask one");
  const { follows: followed } = column;
  const target = all.find((table) => table.name === followed?.table)?.columns[followed?.column ?? ""];
  if (followed !== undefined && (target?.kind !== "identifying" || target.of !== column.of)) {
    problems.push(`follows ${followed.table}.${followed.column}, which does not identify in the same way`);
  }
  return problems;
}

function isPathOf(schema: TObject, [name = "", ...rest]: readonly string[]): boolean {
  const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  if (property === undefined) return false;
  return rest.length === 0 || (Type.IsObject(property) && isPathOf(property, rest));
}

function identifies(field: FieldDeclaration | undefined, of: "customer-id" | "email"): boolean {
  return field?.kind === "identifying" && field.of === of;
}

function follows(column: ColumnDeclaration): boolean {
  return column.kind === "identifying" && column.follows !== undefined;
}

/** An id in another form would be somebody whom no erasure recognises. */
function isCanonicalId(schema: TSchema | undefined): boolean {
  if (schema === undefined) return false;
  const pseudonym = PSEUDONYM_PATTERN.replace(/\[0-9a-f\]\{20\}/, "0123456789abcdef0123");
  const wanted = ["013000", pseudonym].every((id) => Check(schema, id));
  return wanted && !["13000", " 013000", "C013000", "0130000", "", 13_000].some((id) => Check(schema, id));
}
