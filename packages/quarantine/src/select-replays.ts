import type { DatasetName } from "@lethe/contracts/datasets";
import type { QuarantineFilter } from "@lethe/contracts/quarantine";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { measureReplayable } from "@lethe/warehouse/ledger/quarantine";
import type { Queryable } from "@lethe/warehouse/pool";

/** The records of one dataset that a filter means. */
export interface SelectedReplay {
  readonly job: DatasetName;
  /** The filter, narrowed to the dataset and, where there is a limit, to the oldest of the records. */
  readonly replayFilter: QuarantineFilter;
  /** How many records the replay takes, and how many the limit leaves. */
  readonly takes: number;
  readonly leaves: number;
}

/**
 * Selects what is to be replayed for a filter: the dataset that it names, else every one that has open records of it, in the order in
 * which datasets refer to each other. With a limit, each has so many at most.
 */
export async function selectReplays(
  db: Queryable,
  datasets: Datasets,
  filter: QuarantineFilter,
  limit: number | null,
): Promise<SelectedReplay[]> {
  const selected: SelectedReplay[] = [];
  for (const { name: job, maskedReasons } of datasets.all) {
    if (filter.dataset !== undefined && filter.dataset !== job) continue;
    const own = { ...filter, dataset: job };
    const { records, upTo } = await measureReplayable(db, { dataset: job, filter: own, maskedReasons }, limit);
    if (records === 0 && filter.dataset === undefined) continue;
    const takes = Math.min(records, limit ?? records);
    const replayFilter = limit === null || upTo === null ? own : { ...own, upTo };
    selected.push({ job, replayFilter, takes, leaves: records - takes });
  }
  return selected;
}
