import { decideArrivals, type WaitedFor } from "@lethe/quality/decide-arrivals";
import { hourOf, partitionOf } from "@lethe/quality/partition-hours";
import type { Client } from "@lethe/warehouse/pool";
import { extendAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { addLate, changeLate, readLate } from "@lethe/warehouse/quality/late-partitions";
import type { CheckedDataset } from "./checked-dataset.js";
import { partitionName } from "./partition-name.js";
import { readExpectation } from "./read-expectation.js";

/** Finds the partitions of a dataset that have not come in time, and those that have come since. */
export async function checkArrivals(client: Client, dataset: CheckedDataset, now: Date): Promise<void> {
  const { name } = dataset;
  const { arrivals, expectation, from } = await readExpectation(client, dataset, now);
  const late = await readLate(client, name, from);
  const waitedFor = late.flatMap(({ partition, state, dueAt, missingAt, alertId }): WaitedFor[] =>
    state === "late" || state === "missing"
      ? [{ hour: hourOf(partition), state, dueAt: dueAt.getTime(), missingAt: missingAt.getTime(), alertId }]
      : [],
  );
  const { newlyLate, changed } = decideArrivals(
    expectation,
    new Set(arrivals.map(({ hour }) => hour)),
    waitedFor,
    new Set(late.map(({ partition }) => hourOf(partition))),
    now.getTime(),
  );
  for (const { hour, state } of changed) {
    await changeLate(client, name, partitionOf(hour), state, now);
  }
  const opened = new Map<number, string>();
  for (const { hour, dueAt, missingAt, joins } of newlyLate) {
    const partition = partitionOf(hour);
    const id = "alertId" in joins ? joins.alertId : opened.get(joins.gap);
    const alertId = id ?? (await open(client, name, partitionName(partition), new Date(dueAt), now));
    if (id !== undefined) await extendAlert(client, id, partitionName(partition));
    if ("gap" in joins) opened.set(joins.gap, alertId);
    await addLate(client, name, { partition, dueAt: new Date(dueAt), missingAt: new Date(missingAt), alertId });
  }
}

function open(client: Client, dataset: string, partition: string, dueAt: Date, now: Date): Promise<string> {
  const message = `Partition ${partition} of ${dataset} has not come; it was due by ${dueAt.toISOString()}.`;
  return openAlert(client, { dataset, kind: "arrival", cause: `arrival ${partition}`, message, partition }, now);
}
