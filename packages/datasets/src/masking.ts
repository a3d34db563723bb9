import type { ErasureOutcome } from "@lethe/contracts/erasures";
import type { MaskRecordStrategies } from "@lethe/privacy/mask-record";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";

/** How a record of a suppressed person is masked. */
export interface Masking {
  readonly outcome: ErasureOutcome;
  /** The key of the person's hashes and pseudonyms. */
  readonly key: PrivacyKey;
  /** The policy's strategies for the dataset's fields; they apply to `pseudonymise` alone. */
  readonly strategies: MaskRecordStrategies;
  /**
   * Returns the id that takes the place of a record's own, which is given by its keyed hash; undefined for a record that
   * must not count again, of which no more than its emptied form is left.
   */
  replacementOf(recordHash: Buffer): string | undefined;
}
