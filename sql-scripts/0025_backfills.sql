-- Up Migration
-- Effect: none
-- A backfill loads again what lies in the archive.
alter table ledger.runs drop constraint runs_kind_check;
alter table ledger.runs add constraint runs_kind_check check (kind in ('files', 'replay', 'backfill'));
-- One at a time, so that what others refer to is loaded before them, and an extractor has room for live runs.
create unique index runs_one_backfill on ledger.runs (kind)
  where kind = 'backfill' and state in ('queued', 'extracting', 'processing', 'finishing');

-- The archived files that a backfill loads, chosen when it is opened: what is missing then is no longer missing half-way through.
create table ledger.backfill_files (
  run_id   uuid not null references ledger.runs (id),
  position integer not null,
  file_id  bigint not null references ledger.files (id),
  -- staged: all of it is in batches of the run. Null before that.
  outcome  text check (outcome in ('staged', 'absent', 'damaged')),
  -- Whether the partition's file in processed_data/ is to be written anew. Null while nobody has looked.
  rewrites boolean,
  primary key (run_id, position)
);
create index backfill_files_of_file on ledger.backfill_files (file_id);
