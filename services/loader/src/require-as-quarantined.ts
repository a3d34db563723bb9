import { StaleReplayError } from "@lethe/contracts/errors";
import { STAGED } from "@lethe/contracts/staged-batch";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import type { Staging } from "@lethe/storage/staging";
import { lockReplayed } from "@lethe/warehouse/ledger/quarantine";
import type { Client } from "@lethe/warehouse/pool";
import type { Part } from "./stage-part.js";

/**
 * Locks the quarantined records that a replay takes until the transaction ends. Throws StaleReplayError when an erasure has
 * masked one of them that still waits since it was staged: as it was staged, it would pass for a sale that was erased before, and
 * be lost.
 */
export async function requireAsQuarantined(client: Client, staging: Staging, parts: readonly Part[]): Promise<void> {
  for (const { batch, manifest } of parts) {
    const ids = manifest.segments.flatMap((segment) => segment.quarantineIds ?? []);
    const masked = await lockReplayed(client, ids, ERASED_ID);
    if (masked.size === 0) continue;
    const lines = (await staging.read(batch, STAGED.records)).toString("utf8").split("\n");
    const isStale = ids.some((id, ordinal) => masked.has(id) && masked.get(id) !== lines[ordinal]);
    if (isStale) throw new StaleReplayError("an erasure masked records of the batch after they were staged");
  }
}
