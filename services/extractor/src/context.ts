import type { DatasetName } from "@lethe/contracts/datasets";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { InputOptions } from "@lethe/input-files/input-options";
import type { ReadLimits } from "@lethe/input-files/read-limits";
import type { UnpackLimits } from "@lethe/input-files/unpack-limit";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { Queues } from "@lethe/service-kit/queues";
import type { Staging } from "@lethe/storage/staging";
import type { Storage } from "@lethe/storage/storage";
import type { ExtractionFence } from "@lethe/warehouse/ledger/extraction-fence";
import type { Pool } from "@lethe/warehouse/pool";
import type { ReadyMarker } from "./ready-markers.js";

/** How much of what comes in is taken. */
export interface ExtractorLimits extends ReadLimits, UnpackLimits {
  /** Files of landing that one run takes. */
  readonly maxFilesPerRun: number;
}

/** What the extractor works with. */
export interface ExtractorContext {
  readonly pool: Pool;
  readonly queues: Queues;
  readonly storage: Storage;
  readonly staging: Staging;
  readonly datasets: Datasets;
  /** The keys that the ledger knows contents of files by. */
  readonly ring: Keyring;
  /** Bytes of lines in a batch, about. */
  readonly batchBytes: number;
  /** The bound of staging, in bytes. */
  readonly stagingBytes: number;
  /** Milliseconds for which a file must have been quiet before it is taken. */
  readonly settleMs: number;
  readonly readyMarker: ReadyMarker;
  readonly limits: ExtractorLimits;
  /** How the senders of a dataset write its files, where somebody has said it. */
  readonly inputOptions: ReadonlyMap<DatasetName, InputOptions>;
  /** Aborts when the service stops. */
  readonly signal: AbortSignal;
}

/** What the extraction of a run works with. */
export interface ExtractionContext extends ExtractorContext {
  /** What every write of it is made under. */
  readonly fence: ExtractionFence;
}
