import type { BackfillPlan } from "@lethe/contracts/backfills";
import { formatCount } from "@lethe/contracts/format-number";
import { type Column, formatTable } from "./table.js";

const COLUMNS: readonly Column[] = [
  { title: "" },
  { title: "partitions", align: "right" },
  { title: "files", align: "right" },
  { title: "bytes", align: "right" },
];

/** Formats what a backfill would take. */
export function formatBackfillPlan({ job, takes, leaves, byState, notArchived, quarantined }: BackfillPlan): string {
  const row = (title: string, { partitions, files, bytes }: BackfillPlan["takes"]) => [
    title,
    formatCount(partitions),
    formatCount(files),
    formatCount(bytes),
  ];
  const rows = [
    row("would be taken", takes),
    ...(leaves.files > 0 ? [row("left by the caps", leaves)] : []),
    ...byState.map(({ state, ...amount }) => row(state, amount)),
  ];
  const remarks = [
    ...(notArchived > 0 ? [`not in the archive, though loaded: ${formatCount(notArchived)} files`] : []),
    ...(quarantined > 0
      ? [
          `in quarantine as a whole: ${formatCount(quarantined)} files; --only failed tries those again that are as they came`,
        ]
      : []),
  ];
  return [`${job}: a backfill of`, formatTable(COLUMNS, rows), ...remarks].join("\n");
}
