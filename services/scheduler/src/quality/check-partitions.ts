import { foldOutcomes, type OpenCause } from "@lethe/quality/fold-outcomes";
import { type CheckOutcome, HISTORY_DAYS, judgePartition, type PartitionStats } from "@lethe/quality/judge-partition";
import { HOURS_A_DAY, hourAt, hourOf, partitionOf } from "@lethe/quality/partition-hours";
import type { Client } from "@lethe/warehouse/pool";
import { closeAlert, extendAlert, type OpenAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { type NewResult, writeResults } from "@lethe/warehouse/quality/check-results";
import { markJudged, readStats, type StoredStats, takeUnjudged } from "@lethe/warehouse/quality/partition-stats";
import type { CheckedDataset } from "./checked-dataset.js";
import { partitionFromName, partitionName } from "./partition-name.js";

/** What a long load has brought is judged in several rounds. */
const MOST_AT_ONCE = 1_000;
/**
 * Older partitions are history that is loaded: they have results, and alert nobody. Nor do those that lie more than a day ahead, which
 * is more than a time zone: no later one could end an alert about them, and every real one after it would go untold.
 */
const ALERTED_DAYS = 7;

/** Judges the partitions of a dataset that have come since the last time, the oldest first, and opens and closes alerts about them. */
export async function checkPartitions(
  client: Client,
  { name, checks }: CheckedDataset,
  alerts: readonly OpenAlert[],
  now: Date,
): Promise<void> {
  const unjudged = (await takeUnjudged(client, name, MOST_AT_ONCE)).map(toStats);
  const [first, last] = [unjudged[0], unjudged.at(-1)];
  if (first === undefined || last === undefined) return;
  const from = partitionOf(first.hour - HISTORY_DAYS * HOURS_A_DAY).date;
  const known = new Map(
    (await readStats(client, name, from, partitionOf(last.hour).date)).map((stats) => [
      hourOf(stats.partition),
      toStats(stats),
    ]),
  );
  const open = new Map(
    alerts.filter(({ kind }) => kind === "quality").map((alert) => [alert.cause, { ...toCause(alert), id: alert.id }]),
  );
  const results: NewResult[] = [];
  const judged: { partition: { date: string; hour: number }; failed: string[] }[] = [];
  for (const stats of unjudged) {
    const partition = partitionOf(stats.hour);
    const outcomes = judgePartition(checks, stats, sameHours(known, stats.hour));
    const failed = [...new Set(outcomes.filter(({ passed }) => !passed).map(({ cause }) => cause))];
    // What comes later in this round learns from it.
    known.set(stats.hour, { ...stats, failed });
    judged.push({ partition, failed });
    results.push(...outcomes.map((outcome) => toResult(partition, outcome)));
    if (stats.hour < hourAt(now) - ALERTED_DAYS * HOURS_A_DAY || stats.hour > hourAt(now) + HOURS_A_DAY) continue;
    for (const change of foldOutcomes([...open.values()], stats.hour, outcomes)) {
      const alert = open.get(change.cause);
      if (change.kind === "open") {
        const message = describe(name, partitionName(partition), change.failed);
        const { cause } = change;
        const id = await openAlert(
          client,
          { dataset: name, kind: "quality", cause, message, partition: partitionName(partition) },
          now,
        );
        open.set(cause, { cause, last: stats.hour, id });
      } else if (alert !== undefined && change.kind === "extend") {
        await extendAlert(client, alert.id, partitionName(partition));
        open.set(change.cause, { ...alert, last: stats.hour });
      } else if (alert !== undefined) {
        await closeAlert(client, alert.id, "recovered", now);
        open.delete(change.cause);
      }
    }
  }
  await writeResults(
    client,
    name,
    judged.map(({ partition }) => partition),
    results,
    now,
  );
  await markJudged(client, name, judged, now);
}

/** Returns what is known of the partitions before one at its hour of the day. */
function sameHours(known: ReadonlyMap<number, PartitionStats>, hour: number): PartitionStats[] {
  const same: PartitionStats[] = [];
  for (let days = 1; days <= HISTORY_DAYS; days += 1) {
    const stats = known.get(hour - days * HOURS_A_DAY);
    if (stats !== undefined) same.push(stats);
  }
  return same;
}

function toStats({ partition, arrivedAt: _arrivedAt, ...stats }: StoredStats): PartitionStats {
  return { hour: hourOf(partition), ...stats };
}

function toCause({ cause, lastPartition }: OpenAlert): OpenCause {
  return { cause, last: lastPartition === null ? 0 : hourOf(partitionFromName(lastPartition)) };
}

function toResult(partition: NewResult["partition"], { cause: _cause, ...outcome }: CheckOutcome): NewResult {
  return { partition, ...outcome };
}

function describe(dataset: string, partition: string, failed: readonly CheckOutcome[]): string {
  const checks = failed.map(
    ({ check, value, unit, condition, learnt }) =>
      `${check} is ${value}${unit === "percent" ? " %" : ""}, and ${condition}${learnt ? ", as earlier partitions of that hour show" : ""}`,
  );
  return `Partition ${partition} of ${dataset}: ${checks.join("; ")}.`;
}
