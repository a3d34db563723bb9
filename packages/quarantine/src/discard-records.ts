import type { QuarantineFilter } from "@lethe/contracts/quarantine";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { recordAct, recordActOnMany } from "@lethe/warehouse/access/acts";
import { countMeant, discardMeant, discardRecord, lockWorkable } from "@lethe/warehouse/ledger/quarantined-record";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";

interface DiscardContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
}

/** Who discards, and on what ground, which is kept as it is and must not name anybody. */
export interface Discarding {
  readonly by: string;
  readonly reason: string;
}

/**
 * Closes an open record as one that is not to be loaded. It stays in quarantine, where erasures find it. Throws NotFoundError, and
 * RunStateError for a record that is not open, and for one that a decision about a person is due on.
 */
export async function discardOne(
  { pool, datasets }: DiscardContext,
  id: number,
  { by, reason }: Discarding,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockWorkable(client, datasets.requests, id);
    await discardRecord(client, id);
    await recordAct(client, { act: "discarded", by, quarantineId: id, reason });
  });
}

/** Closes the open records that a filter means, oldest first, `limit` of them at most. Returns how many, and how many are left. */
export async function discardMany(
  { pool, datasets }: DiscardContext,
  { filter, limit }: { readonly filter: QuarantineFilter; readonly limit: number },
  { by, reason }: Discarding,
): Promise<{ readonly discarded: number; readonly left: number }> {
  return inTransaction(pool, async (client) => {
    const quarantineIds = await discardMeant(client, datasets.requests, filter, limit);
    const left = await countMeant(client, datasets.requests, filter);
    if (quarantineIds.length > 0) await recordActOnMany(client, { act: "discarded", by, quarantineIds, reason });
    return { discarded: quarantineIds.length, left };
  });
}
