import { neutral, type TableDeclaration } from "@lethe/contracts/data-map";

/** The tables of checks and alerts: numbers, names of declared fields and times. */
export const QUALITY_TABLES: readonly TableDeclaration[] = [
  {
    name: "ledger.partition_stats",
    title: "What came in each partition, in numbers",
    primaryKey: "dataset, partition_date, partition_hour",
    columns: neutral(`
      dataset partition_date partition_hour files bytes records_in records_loaded records_rejected duplicates
      late_references faults faults_of nulls missing first_arrived_at counted_at judged_at failed`),
    rights: { scheduler: "select, update (judged_at, failed)", loader: "select, insert, update" },
  },
  {
    name: "ledger.check_results",
    title: "Results of checks",
    primaryKey: "id",
    columns: neutral(`
      id dataset partition_date partition_hour check_key metric property unit value condition learnt passed judged_at
      least most`),
    rights: { scheduler: "select, insert, update, delete" },
  },
  {
    name: "ledger.alerts",
    title: "Alerts about data and schedules",
    primaryKey: "id",
    columns: neutral(`
      id dataset kind cause message first_partition last_partition opened_at closed_at closed_by resolution
      opening_told_at closing_told_at`),
    rights: { scheduler: "select, insert, update" },
  },
  {
    name: "ledger.late_partitions",
    title: "Partitions that did not come in time",
    primaryKey: "dataset, partition_date, partition_hour",
    columns: neutral("dataset partition_date partition_hour state due_at missing_at closed_at alert_id"),
    rights: { scheduler: "select, insert, update" },
  },
];
