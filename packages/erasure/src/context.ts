import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Policy } from "@lethe/privacy/policy";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { Staging } from "@lethe/storage/staging";
import type { Storage } from "@lethe/storage/storage";
import type { ErasureFence } from "@lethe/warehouse/erasures/erasure-fence";
import type { Pool } from "@lethe/warehouse/pool";
import type { LogSigning } from "@lethe/warehouse/proof/sign-log";

/** What an erasure works with. */
export interface ErasureContext {
  readonly pool: Pool;
  readonly storage: Storage;
  readonly staging: Staging;
  readonly datasets: Datasets;
  readonly ring: Keyring;
  readonly policy: Policy;
  /** Most bytes that each byte of a packed file may become, for a damaged one to be looked through to its end. */
  readonly maxUnpackRatio: number;
  /** While the kept files are at most so many bytes on disk, an erasure searches everything. */
  readonly fullSearchBytes: number;
  /** Who signs the log of receipts; without it nothing is signed here. */
  readonly signing?: LogSigning;
  /** The run that is in its last stage and has archived its files and removed what it staged: no erasure waits for it. */
  readonly finishingRun?: string;
  /** Told of each step before it is taken; a test ends the process there, to see that nothing is half done. */
  readonly onStep?: (step: string) => void;
}

/** What erasures are taken to their end with. */
export interface HeldErasureContext extends ErasureContext {
  /** What every write of it is made under. */
  readonly fence: ErasureFence;
}

/** What an erasure tells of its progress; a service's logger fits. */
export interface ErasureLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
