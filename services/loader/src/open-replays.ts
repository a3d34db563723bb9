import { RunActiveError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { hasReplayable } from "@lethe/warehouse/ledger/quarantine";
import type { Client } from "@lethe/warehouse/pool";

/**
 * Opens a replay for every dataset with quarantined records whose missing customer or sku has arrived, or that a decision has released; returns the runs'
 * ids. Belongs into the transaction that closes a run, so that a crash loses none and whoever sees the run closed sees
 * them open. Asked for at the end of every run, so whichever of two runs ends last sees what both have brought. Where a
 * replay is at work already, its own end asks again.
 */
export async function openReplays(client: Client, datasets: Datasets): Promise<string[]> {
  const opened: string[] = [];
  for (const { name: job, merge } of datasets.all) {
    if (!(await hasReplayable(client, job, merge.missingKeyArrived))) continue;
    try {
      opened.push(await openRun(client, { job, kind: "replay", trigger: "automatic" }));
    } catch (error) {
      if (!(error instanceof RunActiveError)) throw error;
    }
  }
  return opened;
}
