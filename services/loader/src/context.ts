import type { ErasureContext } from "@lethe/erasure/context";
import type { Checks } from "@lethe/quality/checks-file";
import type { Queues } from "@lethe/service-kit/queues";
import type { LookedAtUpTo } from "./close-superseded.js";
import type { LoadedCounts } from "./load-metrics.js";

/** What the loader works with: what an erasure does, and the queues. */
export interface LoaderContext extends ErasureContext {
  readonly queues: Queues;
  /** What is asked of each dataset's data. */
  readonly checks: Checks;
  /** Is told of what was loaded, once it is committed. */
  readonly onLoaded?: (loaded: LoadedCounts) => void;
  /** Where the look for records that were delivered again goes on. */
  readonly lookedAtUpTo: LookedAtUpTo;
  /** The bound of staging, in bytes. */
  readonly stagingBytes: number;
}
