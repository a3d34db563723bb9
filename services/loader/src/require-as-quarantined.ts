import { StaleReplayError } from "@lethe/contracts/errors";
import { linesOf } from "@lethe/contracts/staged-batch";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import type { Staging } from "@lethe/storage/staging";
import { lockReplayed } from "@lethe/warehouse/ledger/quarantine";
import type { Client } from "@lethe/warehouse/pool";
import type { Part } from "./stage-part.js";

/**
 * Locks the quarantined records that a replay takes until the transaction ends. Throws StaleReplayError when one of them was
 * closed since it was staged, such as a request that was refused, or an erasure has masked one that still waits: as it was
 * staged, that one would pass for a sale that was erased before, and be lost.
 */
export async function requireAsQuarantined(
  client: Client,
  staging: Staging,
  parts: readonly Pick<Part, "batch" | "manifest">[],
): Promise<void> {
  for (const { batch, manifest } of parts) {
    const ids = manifest.segments.flatMap((segment) => segment.quarantineIds ?? []);
    const records = await lockReplayed(client, ids);
    if (records.some(({ isOpen }) => !isOpen)) throw new StaleReplayError("records of the batch were closed meanwhile");
    const masked = new Map(
      records.flatMap(({ id, pseudonym, payload }) => (pseudonym === ERASED_ID ? [[id, payload] as const] : [])),
    );
    if (masked.size === 0) continue;
    const lines = (await staging.read(batch, linesOf(manifest))).toString("utf8").split("\n");
    const isStale = ids.some((id, ordinal) => masked.has(id) && masked.get(id) !== lines[ordinal]);
    if (isStale) throw new StaleReplayError("an erasure masked records of the batch after they were staged");
  }
}
