import type { SchemaMode } from "@lethe/contracts/schema-changes";
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
  readonly schemaMode: SchemaMode;
}
