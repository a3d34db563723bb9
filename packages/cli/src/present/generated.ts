import { formatCount } from "@lethe/contracts/format-number";
import type { GenerateSummary } from "@lethe/sample-data/generate";
import { formatReasons, formatTable } from "./table.js";

/** Formats what was generated, and what Lethe must make of it. */
export function formatGenerated(summary: GenerateSummary): string {
  const table = formatTable(
    [
      { title: "dataset" },
      { title: "files", align: "right" },
      { title: "records", align: "right" },
      { title: "to be loaded", align: "right" },
      { title: "to be rejected" },
    ],
    Object.entries(summary.datasets).map(([name, dataset]) => [
      name,
      formatCount(dataset.files),
      formatCount(dataset.records),
      formatCount(dataset.loaded),
      formatReasons(dataset.rejected),
    ]),
  );
  const megabytes = (summary.bytes / 1e6).toFixed(1);
  return `${table}\n\n${formatCount(summary.files)} files, ${megabytes} MB; planted: ${formatReasons(summary.defects)}`;
}
