import type { Delivery, LineBatch, LineTrace, RecordTrace } from "@lethe/contracts/lineage";
import { NO_LINE } from "@lethe/contracts/no-line";

/** Formats where a record came from. */
export function formatRecordTrace({ dataset, found, rows }: RecordTrace): string {
  if (found === "erased")
    return `${dataset}: the record was there, and its person was erased; nothing leads on from it`;
  if (found === "nothing") return `${dataset}: there is no such record`;
  return rows.map(formatRow).join("\n\n");
}

/** Formats what became of a line. */
export function formatLineTrace({ delivery, line, outcome, rows, quarantine, batches }: LineTrace): string {
  return [
    ...formatDelivery(delivery),
    `line       ${line}: ${OUTCOMES[outcome]}`,
    ...rows.map(
      ({ table, isCurrent, key }) =>
        `row        ${table}${key === null ? "" : ` ${key}`}${isCurrent ? "" : ", superseded"}`,
    ),
    ...quarantine.map(
      ({ id, reason, status, pointer, message }) =>
        `quarantine ${id} ${reason} (${status})${pointer === null ? "" : ` at ${pointer}`}: ${message}`,
    ),
    ...batches.map(formatBatch),
  ].join("\n");
}

const OUTCOMES: Readonly<Record<LineTrace["outcome"], string>> = {
  loaded: "loaded",
  quarantined: "in quarantine",
  blank: "blank",
  not_there: "the file is not kept, or has no such line",
  no_trace: "no row is of this line: it is not loaded yet, or its person was erased",
};

function formatRow({
  table,
  isCurrent,
  validFrom,
  withRows,
  delivery,
  line,
  noLine,
  batches,
}: RecordTrace["rows"][number]) {
  return [
    `row        ${table}${isCurrent ? "" : ", superseded"}${validFrom === null ? "" : `, valid from ${validFrom}`}`,
    ...withRows.map(({ table: other, rows }) => `with       ${other}: ${rows}`),
    ...(delivery === null ? [] : formatDelivery(delivery)),
    `line       ${line ?? (noLine === null ? "" : NO_LINE[noLine])}`,
    ...batches.map(formatBatch),
  ].join("\n");
}

function formatDelivery({ fileId, dataset, partition, keptAs, state, takenAt, runId }: Delivery): string[] {
  return [
    `file       ${fileId} of ${dataset}, ${partition}, ${keptAs ?? state}`,
    `taken      ${takenAt} by run ${runId}`,
  ];
}

function formatBatch({ batchId, number, state, runId, kind }: LineBatch): string {
  return `batch      ${number} (${batchId}), ${state}, ${kind === "files" ? "run" : kind} ${runId}`;
}
