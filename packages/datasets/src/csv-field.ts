/** Returns null for an empty CSV field, since CSV has no other way to write that a value is absent. */
export function csvText(field: string | undefined): string | null | undefined {
  return field === "" ? null : field;
}

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** Returns the number that a CSV field holds in decimal; any other text is returned as it is, so that the schema's check names it. */
export function csvNumber(field: string | undefined): number | string | null | undefined {
  if (field === undefined || field === "") return csvText(field);
  // Number() alone would take 0x10 for 16.
  const number = DECIMAL.test(field) ? Number(field) : Number.NaN;
  return Number.isFinite(number) ? number : field;
}

/** Returns the value of a CSV field that holds JSON; any other text is returned as it is, so that the schema's check names it. */
export function csvJson(field: string | undefined): unknown {
  if (field === undefined || field === "") return csvText(field);
  try {
    return JSON.parse(field);
  } catch {
    return field;
  }
}
