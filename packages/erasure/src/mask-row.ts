import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import type { MaskRecordStrategies } from "@lethe/privacy/mask-record";
import { maskValue } from "@lethe/privacy/mask-value";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import type { PersonTable } from "./person-tables.js";

export type Row = Readonly<Record<string, unknown>>;

export interface MaskedRow {
  /** The columns that masking may change, with their masked values. */
  readonly row: Row;
  /** How many of them it changed. */
  readonly values: number;
}

/** Masks a table's row, given as `to_jsonb` makes it, by the strategies of the fields that its columns hold. */
export function maskRow(table: PersonTable, row: Row, strategies: MaskRecordStrategies, key: PrivacyKey): MaskedRow {
  const { columns, derive } = table.declaration;
  const masked: Record<string, unknown> = {};
  for (const name of table.maskable) {
    const column = columns[name];
    if (column === undefined || column.kind === "neither" || column.field === undefined) continue;
    // A strategy that is not there masks the value away: nothing is kept because somebody forgot to name it.
    masked[name] = maskValue(strategies[column.field] ?? "null", row[name], key);
  }
  const complete = { ...masked, ...pick(derive?.({ ...row, ...masked }) ?? {}, table.maskable) };
  return { row: complete, values: countMaskedValues(pick(row, table.maskable), complete) };
}

function pick(row: Row, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]]));
}
