import type { SchemaMode } from "@lethe/contracts/schema-changes";
import type { Staging } from "@lethe/storage/staging";
import type { Pool } from "@lethe/warehouse/pool";
import type { StoredSuppressions } from "@lethe/warehouse/suppressions";
import type { ThreadPool } from "./thread-pool.js";
import type { PoisonLimits } from "./transform-around-poison.js";

/** What the transformer works with. */
export interface TransformerContext {
  readonly pool: Pool;
  readonly staging: Staging;
  readonly threads: Pick<ThreadPool, "work">;
  readonly limits: PoisonLimits;
  readonly schemaMode: SchemaMode;
  readonly currentSuppressions: () => Promise<StoredSuppressions>;
}
