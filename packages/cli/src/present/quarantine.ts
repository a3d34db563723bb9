import { printable } from "@lethe/contracts/printable";
import type { QuarantineEntry, QuarantineRecord } from "@lethe/contracts/quarantine";
import type { Cell } from "./csv.js";
import { formatTable } from "./table.js";

/** Formats quarantined records as a table: where each stood and why it is there, never the record itself. */
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

/** Formats one quarantined record with what was decided about it. */
export function formatQuarantineRecord(found: QuarantineRecord): string {
  const { id, dataset, reason, status, file, line, pointer, message, correctedBy, corrects, record, isMasked, acts } =
    found;
  const place = printable(line === null ? file : `${file}:${line}`);
  const lines = [
    `${id}  ${dataset}  ${reason}  ${status}  ${place}`,
    printable(pointer === null ? message : `${pointer}: ${message}`),
    ...(corrects === null ? [] : [`corrects ${corrects}`]),
    ...(correctedBy === null ? [] : [`corrected by ${correctedBy}`]),
    ...acts.map(({ act, by, at, reason: why }) => `${at}  ${act} by ${by}${why === null ? "" : `: ${printable(why)}`}`),
  ];
  if (isMasked) lines.push("what is about a person is masked: this role does not see it");
  if (record !== null) lines.push("", ...indented(record).split("\n").map(printable));
  return lines.join("\n");
}

function indented(record: string): string {
  try {
    return JSON.stringify(JSON.parse(record), undefined, 2);
  } catch {
    return record;
  }
}

export const QUARANTINE_TITLES = [
  "id",
  "dataset",
  "reason",
  "status",
  "file",
  "line",
  "pointer",
  "message",
  "runId",
  "createdAt",
] as const satisfies (keyof QuarantineEntry)[];

/** Returns a quarantined record's cells under `QUARANTINE_TITLES`. */
export function quarantineCells(entry: QuarantineEntry): Cell[] {
  return QUARANTINE_TITLES.map((title) => {
    const cell = entry[title];
    return typeof cell === "string" ? printable(cell) : cell;
  });
}
