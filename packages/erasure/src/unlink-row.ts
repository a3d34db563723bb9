import { randomUUID } from "node:crypto";
import type { ColumnDeclaration, TableDeclaration } from "@lethe/contracts/data-map";
import { dayOf } from "@lethe/datasets/cleaning/day";
import type { FieldDeclaration } from "@lethe/datasets/field";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import type { MaskedRow, Row } from "./mask-row.js";
import type { PersonTable } from "./person-tables.js";

/** What stands in a row after it was unlinked. */
export interface UnlinkedIds {
  /** The id in place of the person's. */
  readonly customerId: string;
  /** By a record's own id, the one that takes its place. */
  readonly newIds: ReadonlyMap<string, string>;
  /** The dataset's fields. */
  readonly fields: Readonly<Record<string, FieldDeclaration>>;
}

/** Returns the columns of a table that `unlink` writes. */
export function unlinkedColumns({ columns }: TableDeclaration): string[] {
  return Object.entries(columns).flatMap(([name, column]) => (isUnlinked(column) ? [name] : []));
}

/** Returns the column that holds a record's own id, where a table has one that `unlink` replaces. */
export function recordIdColumn({ columns }: TableDeclaration): string | undefined {
  return Object.keys(columns).find((name) => {
    const column = columns[name];
    return column?.kind === "neither" && column.unlink === "record-id";
  });
}

/**
 * Cuts a table's row, given as `to_jsonb` makes it, from its person and from the person's other rows, as its columns and
 * the fields that they hold declare.
 */
export function unlinkRow(table: PersonTable, row: Row, ids: UnlinkedIds): MaskedRow {
  const { columns, erasedAt, derive } = table.declaration;
  const unlinked: Record<string, unknown> = {};
  for (const name of unlinkedColumns(table.declaration)) {
    const column = columns[name];
    if (column !== undefined) unlinked[name] = unlinkedValue(column, name, row, ids);
  }
  if (erasedAt !== undefined) unlinked[erasedAt] = dayOf(new Date().toISOString());
  const derived = Object.entries(derive?.({ ...row, ...unlinked }) ?? {}).filter(([name]) =>
    Object.hasOwn(unlinked, name),
  );
  const complete = { ...unlinked, ...Object.fromEntries(derived) };
  const before = Object.fromEntries(Object.keys(complete).map((name) => [name, row[name]]));
  return { row: complete, values: countMaskedValues(before, complete) };
}

function isUnlinked(column: ColumnDeclaration): boolean {
  if (column.kind === "neither") return column.unlink !== undefined;
  return (
    column.kind === "personal" || column.of === "customer-id" || column.of === "email" || column.of === "analytics-id"
  );
}

function unlinkedValue(
  column: ColumnDeclaration,
  name: string,
  row: Row,
  { customerId, newIds, fields }: UnlinkedIds,
): unknown {
  if (column.kind === "identifying") {
    if (column.of === "analytics-id") return randomUUID();
    return column.of === "customer-id" ? customerId : null;
  }
  if (column.kind === "personal") {
    const field = column.field === undefined ? undefined : fields[column.field];
    return typeof field?.unlink === "function" && column.derived !== true ? field.unlink(row[name]) : null;
  }
  switch (column.unlink) {
    case undefined:
      return row[name];
    case "nothing":
      return null;
    case "day":
      return dayOf(row[name]);
    case "record-id":
      return newIds.get(String(row[name])) ?? row[name];
    default:
      return dayOf(row[column.unlink.dayOf]);
  }
}
