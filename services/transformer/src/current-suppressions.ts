import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import { createSuppressionCheck, type IsSuppressed } from "@lethe/privacy/suppression-list";
import type { Pool } from "@lethe/warehouse/pool";
import { readSuppressionEpoch, readSuppressions } from "@lethe/warehouse/suppressions";

export interface CurrentSuppressions {
  readonly epoch: number;
  readonly isSuppressed: IsSuppressed;
}

/**
 * Makes a reader of the suppression list as it stands. The list itself is read only when its epoch has changed, so asking
 * before every batch costs one small query.
 */
export function createSuppressionReader(pool: Pool, key: PrivacyKey): () => Promise<CurrentSuppressions> {
  let known: CurrentSuppressions | undefined;
  return async () => {
    if (known === undefined || (await readSuppressionEpoch(pool)) !== known.epoch) {
      const { epoch, people } = await readSuppressions(pool);
      known = { epoch, isSuppressed: createSuppressionCheck(people, key) };
    }
    return known;
  };
}
