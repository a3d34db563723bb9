/** Creates null of an empty CSV field: CSV has no other way to say that there is none. */
export function csvText(field: string | undefined): string | null | undefined {
  return field === "" ? null : field;
}

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** Creates a number of a CSV field that is a decimal one; any other text stays, so that the schema's check names it. */
export function csvNumber(field: string | undefined): number | string | null | undefined {
  if (field === undefined || field === "") return csvText(field);
  // Number() alone would take 0x10 for 16.
  const number = DECIMAL.test(field) ? Number(field) : Number.NaN;
  return Number.isFinite(number) ? number : field;
}

/** Creates a value of a CSV field that holds JSON; any other text stays, so that the schema's check names it. */
export function csvJson(field: string | undefined): unknown {
  if (field === undefined || field === "") return csvText(field);
  try {
    return JSON.parse(field);
  } catch {
    return field;
  }
}
