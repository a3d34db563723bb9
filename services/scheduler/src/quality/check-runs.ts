import { RUN_THRESHOLDS, type RunThresholdCode } from "@lethe/contracts/runs";
import { readThresholdRuns } from "@lethe/warehouse/ledger/threshold-runs";
import type { Client } from "@lethe/warehouse/pool";
import { closeAlert, type OpenAlert, openAlert, wasOpenSince } from "@lethe/warehouse/quality/alerts";
import type { CheckedDataset } from "./checked-dataset.js";

/** Notices that a run of a dataset failed because of its records, until one that has records succeeds. */
export async function checkRuns(
  client: Client,
  { name }: Pick<CheckedDataset, "name">,
  alerts: readonly OpenAlert[],
  now: Date,
): Promise<void> {
  const failed = new Map((await readThresholdRuns(client, name)).map((run) => [run.code, run]));
  for (const code of Object.keys(RUN_THRESHOLDS) as RunThresholdCode[]) {
    const cause = `run ${code}`;
    const alert = alerts.find((open) => open.kind === "run" && open.cause === cause);
    const run = failed.get(code);
    if (run === undefined && alert !== undefined) await closeAlert(client, alert.id, "recovered", now);
    if (run === undefined || alert !== undefined) continue;
    // Somebody has dismissed it who knew of this run.
    if (await wasOpenSince(client, { dataset: name, kind: "run", cause }, run.finishedAt)) continue;
    const message = `Run ${run.id} of ${name} failed: ${run.message}`;
    await openAlert(client, { dataset: name, kind: "run", cause, message, partition: null }, now);
  }
}
