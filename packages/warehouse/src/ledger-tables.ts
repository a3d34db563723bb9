import { identifying, neutral, type TableDeclaration } from "@lethe/contracts/data-map";

/** What every service may do: to see whether the database is that of its version. */
const READ_BY_ALL = { scheduler: "select", extractor: "select", transformer: "select", loader: "select" } as const;

/** The tables that say what was asked for, taken in and done. Quarantine alone holds anything about people. */
export const LEDGER_TABLES: readonly TableDeclaration[] = [
  {
    name: "ledger.runs",
    title: "Runs",
    primaryKey: "id",
    columns: neutral(`
      id job kind trigger state range_from range_to force replay_filter requested_at started_at finished_at
      extracted_at extract_ms finish_ms already_loaded not_taken error_code error_message failed_stage failed_at
      letter_closed_at notices_more extraction_token warnings attempt`),
    rights: {
      scheduler: "select, insert, update",
      extractor: "select, update",
      transformer: "select",
      loader: "select, insert, update",
    },
  },
  {
    name: "ledger.files",
    title: "Input files",
    primaryKey: "id",
    columns: neutral(`
      id dataset path partition_date partition_hour sha256 bytes run_id state batches_total batches_loaded records_in
      records_loaded records_rejected kept_path holds_suppressed created_at done_at delivery format
      converted_from masked`),
    rights: { scheduler: "select, update (state)", extractor: "select, insert, update", loader: "select, update" },
  },
  {
    name: "ledger.batches",
    title: "Batches",
    primaryKey: "id",
    columns: neutral(`
      id run_id number state bytes records_in records_loaded records_rejected rejected_by_reason transform_ms load_ms
      error_code error_message created_at loaded_at failed_stage failed_at staged_bytes damages restaging republishing
      letter_closed_at output transformed_at`),
    rights: {
      scheduler: "select, update",
      extractor: "select, insert, update",
      transformer: "select, update",
      loader: "select, update",
    },
  },
  {
    name: "ledger.batch_segments",
    title: "Batches’ shares of files",
    primaryKey: "batch_id, position",
    columns: neutral(`
      batch_id position file_id first_line line_count published_offset published_bytes quarantine_ids lacking`),
    rights: { scheduler: "select", extractor: "select, insert", loader: "select, update, delete" },
  },
  {
    name: "ledger.backfill_files",
    title: "Archived files that backfills load",
    primaryKey: "run_id, position",
    columns: neutral("run_id position file_id outcome rewrites"),
    rights: { scheduler: "select, insert", extractor: "select, update", loader: "select" },
  },
  {
    name: "ledger.processed_files",
    title: "Processed files",
    primaryKey: "dataset, partition_date, partition_hour",
    columns: neutral("dataset partition_date partition_hour bytes next_bytes published_at"),
    rights: { scheduler: "select", extractor: "select", loader: "select, insert, update" },
  },
  {
    name: "ledger.quarantine",
    title: "Records that were set aside as faulty",
    primaryKey: "id",
    columns: {
      ...neutral(`
        id dataset reason status run_id batch_id file_id line pointer message payload_encoding approved_at created_at
        resolved_at question held_for approved_subject corrects`),
      subject_customer_id: identifying("customer-id", { leaves: "a pseudonym" }),
      subject_email: identifying("email", { leaves: "nothing" }),
      // A customer's id where the reason is `unknown_customer`; otherwise a product's number, or nothing.
      missing_key: identifying("customer-id", { leaves: "a pseudonym in place of a customer’s id" }),
      payload: {
        kind: "personal",
        leaves: "the record, masked by its dataset’s policy; `[erased]` where its fields cannot be told apart",
      },
    },
    sourceFile: "file_id",
    rights: {
      // A person decides on a request: approved, or turned down, which masks it. Or on whose a held record is. Corrections are added
      // by `ledger.add_correction` alone.
      scheduler: "select, update (status, approved_at, approved_subject, resolved_at, payload, payload_encoding)",
      // A file that can be read when it comes again resolves its own.
      extractor: "select, insert, update (status, resolved_at)",
      loader: "select, insert, update",
    },
  },
  {
    name: "ledger.notices",
    title: "Notices about files and folders",
    primaryKey: "id",
    columns: neutral("id run_id code path message"),
    // Names of files and fields come from outside and may name a person: an erasure redacts them.
    rights: { scheduler: "select", extractor: "select, insert", loader: "select, insert, update (path, message)" },
  },
  {
    name: "ledger.schedules",
    title: "Schedules",
    primaryKey: "job",
    columns: neutral("job cron timezone enabled updated_at last_fired_at"),
    // The term of an erasure ends by the calendar of the job's time zone.
    rights: { scheduler: "select, insert, update", loader: "select" },
  },
  {
    name: "ledger.schema_changes",
    title: "Differences from the datasets’ fields",
    primaryKey: "batch_id, change, field",
    columns: neutral("batch_id change field records first_file_id first_line"),
    rights: {
      scheduler: "select",
      // A batch that is worked on twice writes its report anew.
      transformer: "select, insert, delete",
      loader: "select, insert, delete, update (field)",
    },
  },
  {
    name: "ledger.record_warnings",
    title: "Warnings about records that were taken",
    primaryKey: "batch_id, code",
    columns: neutral("batch_id code records first_file_id first_line"),
    rights: { scheduler: "select", loader: "select, insert, delete" },
  },
  {
    name: "ledger.installation",
    title: "Which installation the database belongs to",
    primaryKey: "only_row",
    columns: neutral("only_row id created_at"),
    // The first service to start makes its id.
    rights: {
      scheduler: "select, insert",
      extractor: "select, insert",
      transformer: "select, insert",
      loader: "select, insert",
    },
  },
  {
    name: "ledger.applied_definitions",
    title: "State of functions, views and rights",
    primaryKey: "only_row",
    columns: neutral("only_row functions_sha256 rights_sha256 roles applied_at newest_step"),
    rights: READ_BY_ALL,
  },
  {
    name: "public.lethe_migrations",
    title: "Steps that were applied",
    primaryKey: "id",
    columns: neutral("id name run_on"),
    rights: READ_BY_ALL,
  },
];
