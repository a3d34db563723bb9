import { neutral, type TableDeclaration } from "@lethe/contracts/data-map";

/** The tables of what those outside are told: who took copies of processed files, and who follows runs. */
export const FEED_TABLES: readonly TableDeclaration[] = [
  {
    name: "ledger.rewritten_files",
    title: "Processed files that an erasure rewrote",
    primaryKey: "position",
    columns: neutral("position dataset partition_date partition_hour rewritten_on"),
    rights: { scheduler: "select", loader: "select, insert" },
  },
  {
    name: "ledger.webhook_progress",
    title: "Progress of the webhook",
    primaryKey: "only_row",
    columns: neutral("only_row position"),
    rights: { scheduler: "select, insert, update" },
  },
  {
    name: "ledger.webhook_outbox",
    title: "Messages that the webhook’s receiver has not confirmed",
    primaryKey: "id",
    // Names of processed files, and alerts, which hold no value of a record.
    columns: neutral("id body created_at attempts next_attempt_at last_failure"),
    rights: { scheduler: "select, insert, update, delete" },
  },
  {
    name: "ledger.run_transitions",
    title: "Beginnings and ends of runs that nobody was told of yet",
    primaryKey: "position",
    columns: neutral("position run_id attempt what at error_code error_message tries next_try_at"),
    // Whoever changes a run's state writes here, by a trigger.
    rights: { scheduler: "select, insert, update, delete", extractor: "insert", loader: "insert" },
  },
];
