/**
 * Returns the text of a CSV field without what spreadsheets and databases write around it: white space, `="…"` and an
 * apostrophe before a number, a date or a phone, all of which keep a spreadsheet from changing it. An empty field and `\N` are
 * null, since CSV has no other way to write that a value is absent.
 */
export function csvText(field: string | undefined): string | null | undefined {
  if (field === undefined) return undefined;
  const text = field.trim();
  const first = text.charAt(0);
  if (text === "" || text === "\\N") return null;
  if (first === "=") return FORMULA_OF_TEXT.exec(text)?.[1]?.replaceAll('""', '"') ?? text;
  return first === "'" && MARKED_AS_TEXT.test(text) ? text.slice(1) : text;
}

const FORMULA_OF_TEXT = /^="((?:[^"]|"")+)"$/;
const MARKED_AS_TEXT = /^'[+(-]?\d[\d\s+().,/:-]*$/;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const WHOLE = /^[+-]?\d+$/;

/** Returns the number that a CSV field holds in decimal; any other text is returned as it is, so that the schema's check names it. */
export function csvNumber(field: string | undefined): number | string | null | undefined {
  const text = csvText(field);
  if (text === undefined || text === null) return text;
  // Number() alone would take 0x10 for 16.
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  // A whole number that a double cannot hold would become another one.
  const isExact = !Number.isFinite(number) || !WHOLE.test(text) || BigInt(text.replace("+", "")) === BigInt(number);
  return Number.isFinite(number) && isExact ? number : text;
}

/** Returns the value of a CSV field that holds JSON; any other text is returned as it is, so that the schema's check names it. */
export function csvJson(field: string | undefined): unknown {
  const text = csvText(field);
  if (text === undefined || text === null) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
