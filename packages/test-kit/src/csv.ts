/** Writes records by RFC 4180, every field quoted; no value is an empty field, nested parts are JSON. */
export function toCsv(records: readonly Readonly<Record<string, unknown>>[]): string {
  const names = Object.keys(records[0] ?? {});
  const rows = [names, ...records.map((record) => names.map((name) => toField(record[name])))];
  return `${rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(",")).join("\n")}\n`;
}

function toField(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
