import { QUARANTINE_ROW_COLUMNS, type QuarantineRow } from "@lethe/contracts/quarantine-row";
import { copyRow } from "./copy-text.js";

const FIELDS = Object.keys(QUARANTINE_ROW_COLUMNS) as (keyof QuarantineRow)[];

/** Returns a rejected record as a row of COPY text format, its fields in the order of `QUARANTINE_ROW_COLUMNS`. */
export function quarantineCopyRow(row: QuarantineRow): string {
  return copyRow(FIELDS.map((field) => row[field]));
}
