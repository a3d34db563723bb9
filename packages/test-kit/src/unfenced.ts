import type { ExtractionRunClient } from "@lethe/warehouse/ledger/extraction-fence";
import type { Queryable } from "@lethe/warehouse/pool";

/** Passes a connection for one that holds the extraction of a run, for tests of what is written and not of who may write it. */
export function unfenced(db: Queryable): ExtractionRunClient {
  return db as ExtractionRunClient;
}
