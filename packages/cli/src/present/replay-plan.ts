import { formatCount } from "@lethe/contracts/format-number";
import type { ReplayPlan } from "@lethe/contracts/quarantine";
import { formatTable } from "./table.js";

/** Formats what a replay of a dataset would come to. */
export function formatReplayPlan({ job, takes, leaves, loads, rejectedByReason }: ReplayPlan): string {
  const reasons = Object.entries(rejectedByReason).sort(([a], [b]) => a.localeCompare(b));
  const rows = [
    ["would be tried", formatCount(takes)],
    ["would load", formatCount(loads)],
    ...reasons.map(([reason, records]) => [`stays: ${reason}`, formatCount(records)]),
    ...(leaves > 0 ? [["left by the limit, not looked at", formatCount(leaves)]] : []),
  ];
  return [`${job}: a replay of`, formatTable([{ title: "" }, { title: "records", align: "right" }], rows)].join("\n");
}
