-- Up Migration
-- Effect: none
create schema ledger;
create schema warehouse;
create schema privacy;
-- Its views follow from the declarations of the tables that they show: see README.md.
create schema analytics;

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
  error_message  text,
  -- Which stage gave up, and when it last did. Both stay when the work is tried again: lists of dead letters are cut by
  -- the time, and a list that somebody reads on must not lose its place to a replay.
  failed_stage   text check (failed_stage in ('extract', 'finish')),
  failed_at      timestamptz
);
create unique index runs_one_open on ledger.runs (job, kind)
  where state in ('queued', 'extracting', 'processing', 'finishing');
create index runs_newest on ledger.runs (requested_at desc, id desc);
create index runs_failed on ledger.runs (job) where state = 'failed';

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
  -- Records of suppressed people came in with it: its archived copy must be masked.
  holds_suppressed boolean not null default false,
  created_at       timestamptz not null default clock_timestamp(),
  done_at          timestamptz,
  check (records_in = records_loaded + records_rejected)
);
create unique index files_known_content on ledger.files (dataset, sha256) where state <> 'released';
create index files_of_run on ledger.files (run_id);
-- A run's files are looked up by index, however few runs share them out: at each look at a run the planner would otherwise
-- read all that there have ever been. Twenty to a run is what it is to believe: most runs are of one hour.
alter table ledger.files alter column run_id set (n_distinct = -0.05);

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
  -- As of a run.
  failed_stage       text check (failed_stage in ('extract', 'transform', 'load')),
  failed_at          timestamptz,
  -- What lies in staging for it, so that an extractor knows when to wait.
  staged_bytes       bigint not null default 0,
  -- How often something staged of it was found missing or damaged.
  damages            integer not null default 0,
  -- Its lines are among that, and are to be made again from where they came from.
  restaging          boolean not null default false,
  -- It is loaded, but what it adds to processed_data/ was lost before it was published, and is to be made again.
  republishing       boolean not null default false,
  unique (run_id, number)
);
create index batches_open on ledger.batches (run_id) where state in ('staged', 'transformed');
create index batches_failed on ledger.batches (run_id) where state = 'failed';
create index batches_in_staging on ledger.batches (run_id) where staged_bytes > 0;

-- Which lines of which file a batch holds, and where their processed form lies in the batch's staged output.
create table ledger.batch_segments (
  batch_id         uuid not null references ledger.batches (id),
  position         integer not null,
  file_id          bigint not null references ledger.files (id),
  first_line       bigint not null,
  line_count       bigint not null,
  published_offset bigint,
  published_bytes  bigint,
  -- The quarantined records that a replay's lines were made of, in their order; null for lines of a file.
  quarantine_ids   bigint[],
  primary key (batch_id, position)
);
create index batch_segments_of_file on ledger.batch_segments (file_id);
create index batch_segments_unpublished on ledger.batch_segments (batch_id) where published_bytes > 0;

-- What `processed_data/` holds. `bytes` is the committed length of the file: whatever lies behind it is the rest of a
-- publication that was interrupted, and the next one cuts it off.
create table ledger.processed_files (
  dataset        text not null,
  partition_date date not null,
  partition_hour smallint not null,
  bytes          bigint not null,
  -- A file that is rewritten gets its new length here before it is put in place, so that after a crash the length on disk
  -- tells which of the two it is.
  next_bytes     bigint,
  published_at   timestamptz not null default clock_timestamp(),
  primary key (dataset, partition_date, partition_hour)
);

-- Every record that was not loaded, whole, with its reason. One of the two homes of personal data.
create table ledger.quarantine (
  id                  bigint generated always as identity primary key,
  dataset             text not null,
  reason              text not null check (reason in ('schema', 'duplicate', 'unknown_customer', 'unknown_sku',
                                                      'total_mismatch', 'identity_mismatch', 'unreadable')),
  status              text not null default 'open' check (status in ('open', 'replayed', 'discarded', 'erased')),
  run_id              uuid not null references ledger.runs (id),
  batch_id            uuid references ledger.batches (id),
  file_id             bigint not null references ledger.files (id),
  -- 1-based; null when the file as a whole is meant.
  line                bigint,
  pointer             text,
  message             text not null,
  -- The customer id or sku that was not there; a replay waits for it.
  missing_key         text,
  payload             text,
  -- base64 for bytes that are not UTF-8 text.
  payload_encoding    text not null default 'utf8' check (payload_encoding in ('utf8', 'base64')),
  -- Whose record it is, so that an erasure finds a person's records by index. Masked with the payload: afterwards the
  -- customer's pseudonym stands here, and no email.
  subject_customer_id text,
  subject_email       text,
  -- A person has looked at an erasure request whose email is not the customer's, and wants it done.
  approved_at         timestamptz,
  created_at          timestamptz not null default clock_timestamp(),
  resolved_at         timestamptz
);
create index quarantine_listed on ledger.quarantine (dataset, reason, status, id);
create index quarantine_waiting on ledger.quarantine (dataset, reason, missing_key)
  where status = 'open' and missing_key is not null;
create index quarantine_of_file on ledger.quarantine (file_id);
create index quarantine_of_customer on ledger.quarantine (subject_customer_id) where subject_customer_id is not null;
create index quarantine_of_email on ledger.quarantine (subject_email) where subject_email is not null;

-- What a person should know about single files and folders of a run.
create table ledger.notices (
  id      bigint generated always as identity primary key,
  run_id  uuid not null references ledger.runs (id),
  code    text not null,
  path    text not null,
  message text not null,
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

-- How the fields of a batch's records differ from what their dataset has. Names and numbers only, never a value.
create table ledger.schema_changes (
  batch_id      uuid not null references ledger.batches (id),
  change        text not null check (change in ('new', 'missing')),
  -- A path of names, or '(other)' for all whose names are not to be shown.
  field         text not null,
  records       bigint not null check (records > 0),
  -- Where the first of those records stands.
  first_file_id bigint not null references ledger.files (id),
  first_line    bigint not null,
  primary key (batch_id, change, field)
);

-- Which functions, views and rights this database has, and for which of the roles: what is not so any more is applied anew.
-- Roles belong to the server, so a copy on another server, or a role that an administrator made later, shows here.
create table ledger.applied_definitions (
  only_row         boolean primary key default true check (only_row),
  functions_sha256 bytea not null,
  rights_sha256    bytea not null,
  roles            text[] not null,
  applied_at       timestamptz not null default clock_timestamp()
);

-- Column names are the input's field names; a derived value stands in a column of its own beside it.
create table warehouse.customers (
  id               text primary key,
  -- What analysts know a customer by: random, so that it says nothing of the id and cannot be computed from it.
  analytics_id     uuid not null unique default gen_random_uuid(),
  first_name       text,
  last_name        text,
  date_of_birth    date,
  email            text,
  phone_number     text,
  phone_e164       text,
  address          text,
  city             text,
  country          text,
  country_code     text,
  postcode         text,
  last_change      date,
  segment          text,
  -- The version's age: last_change decides, then the partition that it came in.
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  loaded_at        timestamptz not null default clock_timestamp(),
  erased_at        timestamptz
);
create index customers_of_email on warehouse.customers (email);

-- Superseded versions (slowly changing dimension type 2); valid_to is the next version's valid_from.
create table warehouse.customers_history (
  version_id       bigint generated always as identity primary key,
  id               text not null,
  first_name       text,
  last_name        text,
  date_of_birth    date,
  email            text,
  phone_number     text,
  phone_e164       text,
  address          text,
  city             text,
  country          text,
  country_code     text,
  postcode         text,
  last_change      date,
  segment          text,
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  valid_to         timestamptz,
  loaded_at        timestamptz not null,
  erased_at        timestamptz
);
create index customers_history_of_id on warehouse.customers_history (id, valid_from);
create index customers_history_of_email on warehouse.customers_history (email);

create table warehouse.products (
  sku              integer primary key,
  name             text not null,
  price            numeric not null check (price > 0),
  category         text not null,
  popularity       double precision not null check (popularity > 0),
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  loaded_at        timestamptz not null default clock_timestamp()
);

create table warehouse.products_history (
  version_id       bigint generated always as identity primary key,
  sku              integer not null,
  name             text not null,
  price            numeric not null,
  category         text not null,
  popularity       double precision not null,
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  valid_to         timestamptz,
  loaded_at        timestamptz not null
);
create index products_history_of_sku on warehouse.products_history (sku, valid_from);

-- A transaction's id is random, and whatever is keyed by it comes to a page of its own of each index: the fuller the tables,
-- the slower. Lines and addresses are keyed by a number instead that grows from one transaction to the next, so that theirs
-- grow at the end. The id stands beside it in all three tables; only `transactions` is looked up by it.
create table warehouse.transactions (
  -- A session takes a thousand numbers at a time: what it does not use is left out.
  transaction_key  bigint generated by default as identity (cache 1000) unique,
  transaction_id   uuid primary key,
  transaction_time timestamptz not null,
  -- Pseudonymising a customer renames the id here too: sales stay countable per (now nameless) person.
  customer_id      text not null references warehouse.customers (id) on update cascade,
  total_cost       numeric not null,
  source_file_id   bigint not null
);
create index transactions_of_customer on warehouse.transactions (customer_id);

create table warehouse.delivery_addresses (
  transaction_key bigint primary key references warehouse.transactions (transaction_key),
  transaction_id  uuid not null,
  address         text,
  postcode        text,
  city            text,
  country         text,
  country_code    text
);

create table warehouse.purchases (
  transaction_key bigint not null references warehouse.transactions (transaction_key),
  transaction_id  uuid not null,
  line            smallint not null,
  sku             integer not null references warehouse.products (sku),
  quantity        integer not null check (quantity > 0),
  price           numeric not null,
  total           numeric not null,
  primary key (transaction_key, line)
);

-- A request is kept without plain id or email: keyed hashes say whose it was to those who hold the key.
create table warehouse.erasure_requests (
  id             uuid primary key default gen_random_uuid(),
  customer_key   bytea not null,
  email_key      bytea not null,
  pseudonym      text not null,
  -- suppressed -> masked in the warehouse, in quarantine and in files -> completed with a receipt.
  state          text not null check (state in ('suppressed', 'completed', 'lifted')),
  policy_version text not null,
  requested_at   timestamptz not null,
  received_at    timestamptz not null default clock_timestamp(),
  source_file_id bigint not null references ledger.files (id),
  key_id         text not null,
  run_id         uuid not null references ledger.runs (id),
  suppressed_at  timestamptz not null default clock_timestamp(),
  completed_at   timestamptz,
  -- Every pseudonym that the person's records stand under: more than one where other ids came with the same email.
  pseudonyms     text[] not null default '{}',
  -- Whether the person was known anywhere when the request came; one who was not is masked on arrival.
  found          boolean not null default false
);
-- One request of a person at a time: after a lifted one a new one may come.
create unique index erasure_requests_of_customer on warehouse.erasure_requests (customer_key) where state <> 'lifted';
create index erasure_requests_open on warehouse.erasure_requests (received_at) where state = 'suppressed';

-- Keyed hashes (HMAC-SHA-256) of the ids and emails of people who asked to be forgotten. The key is never here.
create table privacy.suppressions (
  customer_key bytea primary key,
  email_key    bytea not null,
  key_id       text not null,
  created_at   timestamptz not null default clock_timestamp(),
  lifted_at    timestamptz
);
create index suppressions_of_email on privacy.suppressions (email_key);

-- Grows with every change of the list. A batch that was masked under an older epoch is not loaded but masked again.
create table privacy.suppression_epoch (
  only_row boolean primary key default true check (only_row),
  epoch    bigint not null
);
insert into privacy.suppression_epoch (epoch) values (0);

-- Who lifted a suppression, when and why: consent came back.
create table privacy.suppression_log (
  id         bigint generated always as identity primary key,
  erasure_id uuid not null references warehouse.erasure_requests (id),
  act        text not null check (act in ('lifted')),
  note       text not null,
  at         timestamptz not null default clock_timestamp()
);

-- What an erasure has masked, place by place: a table, or a file by its path. Written before a file is put in place, so
-- the count survives a crash.
create table privacy.erasure_places (
  erasure_id uuid not null references warehouse.erasure_requests (id),
  place      text not null,
  name       text not null default '',
  records    integer not null,
  values     integer not null,
  primary key (erasure_id, place, name)
);

-- Written once, never changed: each names the hash of the one before it.
create table privacy.receipts (
  sequence      bigint primary key,
  erasure_id    uuid not null unique references warehouse.erasure_requests (id),
  body          jsonb not null,
  previous_hash text not null,
  hash          text not null unique,
  created_at    timestamptz not null default clock_timestamp()
);
