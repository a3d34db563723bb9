import type { Datasets } from "@lethe/datasets/registry";
import type { Policy } from "@lethe/privacy/policy";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { Queues } from "@lethe/service-kit/queues";
import type { Staging } from "@lethe/staging/staging";
import type { Pool } from "@lethe/warehouse/pool";

/** What the loader works with. */
export interface LoaderContext {
  readonly pool: Pool;
  readonly queues: Queues;
  readonly staging: Staging;
  readonly datasets: Datasets;
  readonly ring: Keyring;
  readonly policy: Policy;
  /** Folders. */
  readonly landing: string;
  readonly archived: string;
  readonly processed: string;
  readonly quarantined: string;
}
