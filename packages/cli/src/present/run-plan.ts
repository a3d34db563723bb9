import { formatCount } from "@lethe/contracts/format-number";
import type { RunPlan } from "@lethe/contracts/run-plan";
import { formatNotices } from "./runs.js";
import { type Column, formatTable } from "./table.js";

const COLUMNS: readonly Column[] = [
  { title: "" },
  { title: "files", align: "right" },
  { title: "bytes", align: "right" },
  { title: "perhaps known", align: "right" },
];

/** Formats what runs would take, each by day, and once what no run takes: every job finds the same of that. */
export function formatRunPlans(plans: readonly RunPlan[]): string {
  const notices = formatNotices(plans.flatMap(({ unexpected }) => unexpected));
  const others = Math.max(0, ...plans.map(({ otherUnexpected }) => otherUnexpected));
  const more = others === 0 ? "" : `and ${formatCount(others)} more that no run takes`;
  return [...plans.map(formatPlan), notices, more].filter((part) => part !== "").join("\n\n");
}

function formatPlan({ job, takes, known, byDay, left }: RunPlan): string {
  const row = (title: string, amount: RunPlan["takes"], knownFiles: number) => [
    title,
    formatCount(amount.files),
    formatCount(amount.bytes),
    formatCount(knownFiles),
  ];
  const rows = [
    row("would be taken", takes, known.files),
    ...byDay.map((day) => row(day.date, day, day.known)),
    ...(left > 0 ? [["left to the next run", formatCount(left), "", ""]] : []),
  ];
  return [`${job}: a run over`, formatTable(COLUMNS, rows)].join("\n");
}
