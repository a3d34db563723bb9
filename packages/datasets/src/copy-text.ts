const TO_ESCAPE = /[\\\n\r\t]/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Returns a value as a field of PostgreSQL's COPY text format.
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
export function copyField(value: string | number | boolean | null): string {
  if (value === null) return "\\N";
  if (typeof value !== "string") return String(value);
  return TO_ESCAPE.test(value) ? value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character) : value;
}

/** Returns a row of COPY text format, with its line end. */
export function copyRow(values: readonly (string | number | boolean | null)[]): string {
  let row = "";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) row += "\t";
    row += copyField(values[i] ?? null);
  }
  return `${row}\n`;
}
