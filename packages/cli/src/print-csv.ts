import { type Cell, formatCsv } from "./present/csv.js";
import type { Terminal } from "./terminal.js";

/** Prints a table as CSV. */
export function printCsv(terminal: Terminal, titles: readonly string[], rows: readonly (readonly Cell[])[]): void {
  // Printing ends the last line.
  terminal.print(formatCsv(titles, rows).replace(/\n$/, ""));
}
