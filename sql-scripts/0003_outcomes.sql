-- Up Migration
-- Effect: none
-- A row that an erasure has unlinked names no file: of a file that holds one person alone, it would name the person's rows.
alter table warehouse.customers alter column source_file_id drop not null;
alter table warehouse.customers_history alter column source_file_id drop not null;
alter table warehouse.transactions alter column source_file_id drop not null;

-- Keyed hashes (HMAC-SHA-256) of the ids of records that were erased, so that an old file does not bring them once more.
-- Never beside what a record has become: nothing here leads to a row.
create table privacy.erased_records (
  record_hash bytea primary key,
  key_id      text not null
);

-- By hash, the random id that a record has now: only until the files that hold the record have it too.
create table privacy.record_replacements (
  record_hash bytea primary key,
  replacement uuid not null,
  -- Deleted with the receipt of the erasure, or with the end of the run that loaded the record.
  erasure_id  uuid references warehouse.erasure_requests (id),
  run_id      uuid references ledger.runs (id),
  check (num_nonnulls(erasure_id, run_id) = 1)
);
create index record_replacements_of_erasure on privacy.record_replacements (erasure_id) where erasure_id is not null;
create index record_replacements_of_run on privacy.record_replacements (run_id) where run_id is not null;

-- What the outcome `aggregate` leaves: the sales of erased people by day and country, and by product within those.
create table warehouse.erased_sales_days (
  sales_key    bigint generated always as identity primary key,
  day          date not null,
  country      text,
  country_code text,
  transactions bigint not null,
  total_cost   numeric not null,
  unique nulls not distinct (day, country, country_code)
);
create table warehouse.erased_sales (
  sales_key bigint not null references warehouse.erased_sales_days (sales_key),
  sku       integer not null references warehouse.products (sku),
  lines     bigint not null,
  quantity  bigint not null,
  total     numeric not null,
  primary key (sales_key, sku)
);
