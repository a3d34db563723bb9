import type { Alert, CheckResult } from "@lethe/contracts/checks";
import type { Cell } from "./csv.js";
import { formatTable } from "./table.js";

export const CHECK_TITLES = [
  "id",
  "dataset",
  "partition",
  "check",
  "outcome",
  "value",
  "unit",
  "condition",
  "learnt",
  "judgedAt",
] as const;

/** Returns a result's cells under `CHECK_TITLES`. */
export function checkCells(result: CheckResult): Cell[] {
  const { id, dataset, partition, check, value, unit, condition, learnt, judgedAt } = result;
  return [id, dataset, partition, check, outcomeOf(result), value, unit, condition, String(learnt), judgedAt];
}

/** Formats the results of checks as a table. */
export function formatChecks(results: readonly CheckResult[]): string {
  return formatTable(
    [
      { title: "dataset" },
      { title: "partition" },
      { title: "check" },
      { title: "outcome" },
      { title: "value", align: "right" },
      { title: "unit" },
      { title: "condition" },
    ],
    results.map((result) => [
      result.dataset,
      result.partition,
      result.check,
      outcomeOf(result),
      String(result.value),
      result.unit,
      `${result.condition}${result.learnt ? " (learnt)" : ""}`,
    ]),
  );
}

export const ALERT_TITLES = [
  "id",
  "dataset",
  "kind",
  "cause",
  "state",
  "resolution",
  "firstPartition",
  "lastPartition",
  "late",
  "missing",
  "openedAt",
  "closedAt",
  "message",
] as const;

/** Returns an alert's cells under `ALERT_TITLES`. */
export function alertCells(alert: Alert): Cell[] {
  return ALERT_TITLES.map((title) => alert[title]);
}

/** Formats alerts, each with its message. */
export function formatAlerts(alerts: readonly Alert[]): string {
  return alerts
    .map((alert) => {
      const until = alert.closedAt === null ? "open" : `${alert.resolution} at ${alert.closedAt}`;
      const waits = alert.late + alert.missing > 0 ? `; ${alert.late} late, ${alert.missing} missing now` : "";
      return `${alert.openedAt} ${alert.dataset} ${alert.kind} (${until})\n  ${alert.message}${waits}\n  ${alert.id}`;
    })
    .join("\n");
}

function outcomeOf({ passed }: CheckResult): string {
  return passed ? "passed" : "failed";
}
