import type { Datasets } from "@lethe/datasets/all-datasets";
import type { Policy } from "@lethe/privacy/policy";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { Staging } from "@lethe/staging/staging";
import type { Pool } from "@lethe/warehouse/pool";

/** What the transformer works with. */
export interface TransformerContext {
  readonly pool: Pool;
  readonly staging: Staging;
  readonly datasets: Datasets;
  readonly ring: Keyring;
  readonly policy: Policy;
  /** Arrays and objects within each other that a record may have. */
  readonly maxNesting: number;
}
