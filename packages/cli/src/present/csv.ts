/** A cell: numbers are written as they are, null as nothing. */
export type Cell = string | number | null;

/**
 * Formats a table as CSV by RFC 4180: titles first, every line ended by CRLF. A text that a spreadsheet would take
 * for a formula gets an apostrophe in front, which makes it text there
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function formatCsv(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(formatCell).join(",")}\r\n`).join("");
}

const FORMULA = /^[=+\-@\t\r]/;

function formatCell(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  const text = cell ?? "";
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
