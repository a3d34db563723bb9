import type { Rejection } from "./dataset.js";
import { textFieldOf } from "./read-field.js";

/** The columns whose values spreadsheets change. */
interface ChangeableColumns {
  readonly numbers?: readonly string[];
  readonly decimals?: readonly string[];
  readonly id: string | undefined;
}

const SET_DECIMAL_COMMA = "set decimalComma to true for the dataset in LETHE_INPUT_FORMATS";

/**
 * Explains why a field of a CSV row does not fit, where that comes from how spreadsheets write numbers. What was meant is
 * not guessed: a wrong price or id would look like a right one. Otherwise returns the rejection as it is.
 */
export function explainCsvField(columns: ChangeableColumns, record: unknown, rejection: Rejection): Rejection {
  const name = rejection.pointer?.slice(1) ?? "";
  const value = textFieldOf(record, name)?.trim();
  if (value === undefined || rejection.reason !== "schema") return rejection;
  const complaint = name === columns.id ? explainId(value) : explainNumber(columns, name, value);
  return complaint === undefined ? rejection : { ...rejection, message: `the field ${complaint}` };
}

function explainId(id: string): string | undefined {
  if (/^\d{1,5}$/.test(id)) {
    return "has fewer than six digits: a spreadsheet has taken away its leading zeros; send it as text, with them";
  }
  if (/^\d+([.,]\d+)*(e\+?\d+)?$/i.test(id)) {
    return "is an id that a spreadsheet has written as a number; send it as text of six digits";
  }
  return undefined;
}

function explainNumber(
  { numbers = [], decimals = [] }: ChangeableColumns,
  name: string,
  value: string,
): string | undefined {
  const mayHaveDecimals = decimals.includes(name);
  if (!mayHaveDecimals && !numbers.includes(name)) return undefined;
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(value)) {
    const asDecimal = mayHaveDecimals ? `; if the comma is that of decimals, ${SET_DECIMAL_COMMA}` : "";
    return `has a comma between its digits; send it without separators of thousands${asDecimal}`;
  }
  if (/^[+-]?(\d{1,3}([.\s]\d{3})+|\d+),\d+$/.test(value) && mayHaveDecimals)
    return `uses a decimal comma; ${SET_DECIMAL_COMMA}`;
  if (/\d/.test(value) && /[^\d.,+\-\s]/.test(value) && !/^[\d.]+e[+-]?\d+$/i.test(value)) {
    return "has something else than a number beside its digits, such as a currency; send the number alone";
  }
  return undefined;
}
