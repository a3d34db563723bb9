-- Up Migration
create schema ledger;

-- One attempt at a job. At most one open run per job and kind; a second trigger is told of the first.
create table ledger.runs (
  id             uuid primary key default gen_random_uuid(),
  job            text not null,
  kind           text not null check (kind in ('files', 'replay')),
  trigger        text not null check (trigger in ('api', 'cli', 'schedule', 'automatic')),
  state          text not null check (state in ('queued', 'extracting', 'processing', 'finishing',
                                                'succeeded', 'failed', 'cancelled', 'skipped')),
  range_from     text,
  range_to       text,
  force          boolean not null default false,
  -- What a replay takes from quarantine: {dataset?, reason?, runId?}; null for a run over files.
  replay_filter  jsonb,
  requested_at   timestamptz not null default clock_timestamp(),
  started_at     timestamptz,
  finished_at    timestamptz,
  -- When its last batch was staged; null while more may come.
  extracted_at   timestamptz,
  extract_ms     bigint not null default 0,
  finish_ms      bigint not null default 0,
  already_loaded integer not null default 0,
  error_code     text,
  error_message  text
);
create unique index runs_one_open on ledger.runs (job, kind)
  where state in ('queued', 'extracting', 'processing', 'finishing');
create index runs_newest on ledger.runs (requested_at desc, id desc);

-- One input file, known by its content. The same content is taken in once, whatever its name.
create table ledger.files (
  id               bigint generated always as identity primary key,
  dataset          text not null,
  path             text not null,
  partition_date   date not null,
  partition_hour   smallint not null check (partition_hour between 0 and 23),
  sha256           bytea not null check (length(sha256) = 32),
  bytes            bigint not null,
  run_id           uuid not null references ledger.runs (id),
  -- open: in work; done: loaded, published, archived; quarantined: unreadable as a whole; released: its run was
  -- cancelled or failed, so the content may be taken again.
  state            text not null check (state in ('open', 'done', 'quarantined', 'released')),
  batches_total    integer,
  batches_loaded   integer not null default 0,
  records_in       bigint not null default 0,
  records_loaded   bigint not null default 0,
  records_rejected bigint not null default 0,
  -- Where the raw file lies now, relative to its root (archived or quarantined); null while in landing.
  kept_path        text,
  created_at       timestamptz not null default clock_timestamp(),
  done_at          timestamptz,
  check (records_in = records_loaded + records_rejected)
);
create unique index files_known_content on ledger.files (dataset, sha256) where state <> 'released';
create index files_of_run on ledger.files (run_id);

-- The unit of work: about 8 MiB of lines, of one large file or of many small ones.
create table ledger.batches (
  id                 uuid primary key,
  run_id             uuid not null references ledger.runs (id),
  number             integer not null,
  state              text not null check (state in ('staged', 'transformed', 'loaded', 'failed', 'cancelled')),
  bytes              bigint not null,
  records_in         bigint not null default 0,
  records_loaded     bigint not null default 0,
  records_rejected   bigint not null default 0,
  rejected_by_reason jsonb not null default '{}',
  transform_ms       bigint not null default 0,
  load_ms            bigint not null default 0,
  error_code         text,
  error_message      text,
  created_at         timestamptz not null default clock_timestamp(),
  loaded_at          timestamptz,
  unique (run_id, number)
);
create index batches_open on ledger.batches (run_id) where state in ('staged', 'transformed');

-- Which lines of which file a batch holds, and where their processed form lies in the batch's staged output.
create table ledger.batch_segments (
  batch_id         uuid not null references ledger.batches (id),
  position         integer not null,
  file_id          bigint not null references ledger.files (id),
  first_line       bigint not null,
  line_count       bigint not null,
  published_offset bigint,
  published_bytes  bigint,
  primary key (batch_id, position)
);
create index batch_segments_of_file on ledger.batch_segments (file_id);

-- What `processed_data/` holds. `bytes` is the committed length of the file: whatever lies behind it is the rest of a
-- publication that was interrupted, and the next one cuts it off.
create table ledger.processed_files (
  dataset        text not null,
  partition_date date not null,
  partition_hour smallint not null,
  bytes          bigint not null,
  published_at   timestamptz not null default clock_timestamp(),
  primary key (dataset, partition_date, partition_hour)
);

-- Every record that was not loaded, whole, with its reason. One of the two homes of personal data.
create table ledger.quarantine (
  id               bigint generated always as identity primary key,
  dataset          text not null,
  reason           text not null check (reason in ('schema', 'duplicate', 'unknown_customer', 'unknown_sku',
                                                   'total_mismatch', 'identity_mismatch', 'unreadable')),
  status           text not null default 'open' check (status in ('open', 'replayed', 'discarded', 'erased')),
  run_id           uuid not null references ledger.runs (id),
  batch_id         uuid references ledger.batches (id),
  file_id          bigint not null references ledger.files (id),
  -- 1-based; null when the file as a whole is meant.
  line             bigint,
  pointer          text,
  message          text not null,
  -- The customer id or sku that was not there; a replay waits for it.
  missing_key      text,
  payload          text,
  -- base64 for bytes that are not UTF-8 text.
  payload_encoding text not null default 'utf8' check (payload_encoding in ('utf8', 'base64')),
  created_at       timestamptz not null default clock_timestamp(),
  resolved_at      timestamptz
);
create index quarantine_listed on ledger.quarantine (dataset, reason, status, id);
create index quarantine_waiting on ledger.quarantine (dataset, reason, missing_key)
  where status = 'open' and missing_key is not null;
create index quarantine_of_file on ledger.quarantine (file_id);

-- What a person should know about single files and folders of a run.
create table ledger.notices (
  id         bigint generated always as identity primary key,
  run_id     uuid not null references ledger.runs (id),
  code       text not null,
  path       text not null,
  message    text not null,
  unique (run_id, code, path)
);

create table ledger.schedules (
  job           text primary key,
  cron          text not null,
  timezone      text not null,
  enabled       boolean not null default true,
  updated_at    timestamptz not null default clock_timestamp(),
  last_fired_at timestamptz
);

-- Down Migration
drop schema ledger cascade;
