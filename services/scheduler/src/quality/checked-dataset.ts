import type { DatasetName } from "@lethe/contracts/datasets";
import type { DatasetChecks } from "@lethe/quality/checks-file";
import type { StoredSchedule } from "@lethe/warehouse/ledger/schedules";

/** One dataset and what is asked of it. */
export interface CheckedDataset {
  readonly name: DatasetName;
  readonly checks: DatasetChecks;
  readonly schedule: StoredSchedule;
}
