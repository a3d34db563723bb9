import type { Pool } from "@lethe/warehouse/pool";
import { readSuppressionEpoch, readSuppressions, type StoredSuppressions } from "@lethe/warehouse/suppressions";

/**
 * Creates a reader of the suppression list as it stands. The list itself is read only when its epoch has changed, so asking
 * before every batch costs one small query.
 */
export function createSuppressionReader(pool: Pool): () => Promise<StoredSuppressions> {
  let known: StoredSuppressions | undefined;
  return async () => {
    if (known === undefined || (await readSuppressionEpoch(pool)) !== known.epoch) known = await readSuppressions(pool);
    return known;
  };
}
