import type { Pool } from "@lethe/warehouse/pool";
import {
  readLifted,
  readSuppressionEpoch,
  readSuppressions,
  type StoredSuppressions,
} from "@lethe/warehouse/suppressions";

/**
 * Creates a reader of the current suppression list, with those whose suppression was lifted. It reads the list only when the epoch has changed, so that a call before
 * every batch costs one small query.
 */
export function createSuppressionReader(pool: Pool): () => Promise<StoredSuppressions> {
  let known: StoredSuppressions | undefined;
  return async () => {
    if (known === undefined || (await readSuppressionEpoch(pool)) !== known.epoch) {
      const current = await readSuppressions(pool);
      known = { ...current, identifiers: [...current.identifiers, ...(await readLifted(pool))] };
    }
    return known;
  };
}
