import type { DatasetName } from "@lethe/contracts/datasets";
import type { PartitionRange } from "@lethe/contracts/partition";
import type { RunPlan } from "@lethe/contracts/run-plan";
import { NOTICE_CODES } from "@lethe/contracts/runs";
import { inGroups } from "@lethe/storage/in-groups";
import type { Storage } from "@lethe/storage/storage";
import { knownSizes } from "@lethe/warehouse/ledger/known-sizes";
import type { Queryable } from "@lethe/warehouse/pool";
import { printedPaths } from "./printed-paths.js";
import { scanLanding } from "./scan-landing.js";

/** As many as a run takes, unless its extractor is set otherwise. */
const MOST_FILES = 100_000;
const MOST_UNEXPECTED = 200;

export interface PlannedRun {
  readonly job: DatasetName;
  /** All datasets that there are. */
  readonly datasets: readonly DatasetName[];
  readonly range: PartitionRange;
}

/** Returns what a run over files would take. Opens no run, reads no file and moves none. */
export async function planRun(
  { storage, db }: { readonly storage: Storage; readonly db: Queryable },
  { job, datasets, range }: PlannedRun,
): Promise<RunPlan> {
  const wanted = { dataset: job, datasets, range, maxFiles: MOST_FILES, maxUnexpected: MOST_UNEXPECTED };
  const { files, left, unexpected, otherUnexpected } = await scanLanding(storage, wanted);
  const sizes = await inGroups(files, ({ path }) => storage.size("landing", path));
  // One that has no size any more was taken while this looked.
  const there = files.flatMap(({ partition }, i) => {
    const bytes = sizes[i];
    return bytes === undefined ? [] : [{ partition, bytes }];
  });
  const isKnown = await knownSizes(db, job, there);
  const byDay = new Map<string, { files: number; bytes: number; known: number }>();
  const total = { files: 0, bytes: 0 };
  const before = { files: 0, bytes: 0 };
  for (const [i, { partition, bytes }] of there.entries()) {
    const day = byDay.get(partition.date) ?? { files: 0, bytes: 0, known: 0 };
    byDay.set(partition.date, day);
    for (const amount of [total, day, ...(isKnown[i] === true ? [before] : [])]) {
      amount.files += 1;
      amount.bytes += bytes;
    }
    if (isKnown[i] === true) day.known += 1;
  }
  const printed = printedPaths(unexpected.map(({ path }) => path));
  return {
    job,
    takes: total,
    known: before,
    byDay: [...byDay].map(([date, day]) => ({ date, ...day })),
    left,
    unexpected: unexpected.map(({ code, detail }, i) => ({
      code,
      path: printed[i] ?? "",
      message: [NOTICE_CODES[code], ...(detail === undefined ? [] : [detail])].join(" "),
    })),
    otherUnexpected,
  };
}
