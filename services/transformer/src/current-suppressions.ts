import type { Keyring } from "@lethe/privacy/privacy-key";
import { createSuppressionFinder, type FindSuppression } from "@lethe/privacy/suppression-list";
import type { Pool } from "@lethe/warehouse/pool";
import { readSuppressionEpoch, readSuppressions } from "@lethe/warehouse/suppressions";

export interface CurrentSuppressions {
  readonly epoch: number;
  readonly findSuppression: FindSuppression;
}

/**
 * Makes a reader of the suppression list as it stands. The list itself is read only when its epoch has changed, so asking
 * before every batch costs one small query.
 */
export function createSuppressionReader(pool: Pool, ring: Keyring): () => Promise<CurrentSuppressions> {
  let known: CurrentSuppressions | undefined;
  return async () => {
    if (known === undefined || (await readSuppressionEpoch(pool)) !== known.epoch) {
      const { epoch, people } = await readSuppressions(pool);
      known = { epoch, findSuppression: createSuppressionFinder(people, ring) };
    }
    return known;
  };
}
