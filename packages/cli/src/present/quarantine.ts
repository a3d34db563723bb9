import type { QuarantineEntry } from "@lethe/contracts/quarantine";
import { printable } from "./runs.js";
import { formatTable } from "./table.js";

/** Lays quarantined records out in a table: where each stood and why it is there, never the record itself. */
export function formatQuarantine(entries: readonly QuarantineEntry[]): string {
  return formatTable(
    [
      { title: "id", align: "right" },
      { title: "dataset" },
      { title: "reason" },
      { title: "status" },
      { title: "file and line" },
      { title: "why" },
    ],
    entries.map((entry) => [
      String(entry.id),
      entry.dataset,
      entry.reason,
      entry.status,
      printable(entry.line === null ? entry.file : `${entry.file}:${entry.line}`),
      printable(entry.pointer === null ? entry.message : `${entry.pointer}: ${entry.message}`),
    ]),
  );
}
