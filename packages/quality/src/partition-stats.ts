/** What is known of the records of a partition: numbers by names of declared fields, and no value. */
export interface PartitionStats {
  /** The number of its hour since 1970 began. */
  readonly hour: number;
  readonly rows: number;
  readonly duplicates: number;
  /** Rejected as at fault. */
  readonly faults: number;
  /** By field: of the faults, those that are of this field. */
  readonly faultsOf: Readonly<Record<string, number>>;
  /** By field: null or not there; and those that are blank besides. */
  readonly nulls: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, number>>;
  /** The causes for which the partition was found wrong, where it was judged. */
  readonly failed: readonly string[];
}
