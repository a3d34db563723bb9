import type { Datasets } from "@lethe/datasets/all-datasets";
import type { Queues } from "@lethe/service-kit/queues";
import type { Staging } from "@lethe/staging/staging";
import type { Pool } from "@lethe/warehouse/pool";

/** What the extractor works with. */
export interface ExtractorContext {
  readonly pool: Pool;
  readonly queues: Queues;
  readonly staging: Staging;
  readonly datasets: Datasets;
  /** Folders. */
  readonly landing: string;
  readonly quarantine: string;
  /** Bytes of lines in a batch, about. */
  readonly batchBytes: number;
  /** The bound of staging, in bytes. */
  readonly stagingBytes: number;
  /** Greatest length of a record in bytes. */
  readonly maxRecordBytes: number;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
}
