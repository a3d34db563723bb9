import { HOUR_MS, HOURS_A_DAY, hourAt, hourOf, partitionOf } from "@lethe/quality/partition-hours";
import { describeOperators, holds } from "@lethe/quality/quality-rule";
import type { Client } from "@lethe/warehouse/pool";
import { closeAlert, type OpenAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { readNewestPartition } from "@lethe/warehouse/quality/partition-stats";
import type { CheckedDataset } from "./checked-dataset.js";
import { partitionName } from "./partition-name.js";

/** Holds the age of a dataset's newest partition against what the checks file says of it. Without any partition there is no age. */
export async function checkFreshness(
  client: Client,
  { name, checks }: CheckedDataset,
  alerts: readonly OpenAlert[],
  now: Date,
): Promise<void> {
  if (checks.freshness.length === 0) return;
  const newest = await readNewestPartition(client, name, partitionOf(hourAt(now) + HOURS_A_DAY).date);
  if (newest === undefined) return;
  const hours = Math.round((100 * (now.getTime() - (hourOf(newest) + 1) * HOUR_MS)) / HOUR_MS) / 100;
  for (const { key, operators } of checks.freshness) {
    const alert = alerts.find(({ kind, cause }) => kind === "freshness" && cause === key);
    const passed = holds(operators, hours);
    if (passed && alert !== undefined) await closeAlert(client, alert.id, "recovered", now);
    if (passed || alert !== undefined) continue;
    const partition = partitionName(newest);
    const message = `The newest partition of ${name} is ${partition}: its age of ${hours} hours ${describeOperators(operators)}.`;
    await openAlert(client, { dataset: name, kind: "freshness", cause: key, message, partition }, now);
  }
}
