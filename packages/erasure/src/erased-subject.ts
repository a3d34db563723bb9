import type { ErasureOutcome } from "@lethe/contracts/erasures";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";

/** A data subject who is being erased, under every identifier that Lethe has seen of them. Lives in memory alone. */
export interface ErasedSubject {
  readonly erasureId: string;
  readonly subjectId: string;
  readonly outcome: ErasureOutcome;
  /** The key of the subject's hashes and pseudonyms. */
  readonly key: PrivacyKey;
  /** The pseudonym of the id that the request named. */
  readonly pseudonym: string;
  readonly ids: readonly string[];
  readonly emails: readonly string[];
  /** Cleaned full names. */
  readonly names: readonly string[];
  /** A record of the subject's own has just arrived, masked: what waits for them can be loaded. */
  readonly hasArrived?: boolean;
}
