-- Up Migration
alter table ledger.batches
  -- What lies in staging for it, so that an extractor knows when to wait.
  add column staged_bytes bigint not null default 0,
  -- How often something staged of it was found missing or damaged.
  add column damages      integer not null default 0,
  -- Its lines are among that, and are to be made again from where they came from.
  add column restaging    boolean not null default false,
  -- It is loaded, but what it adds to processed_data/ was lost before it was published, and is to be made again.
  add column republishing boolean not null default false;
update ledger.batches set staged_bytes = bytes where state in ('staged', 'transformed');
create index batches_in_staging on ledger.batches (run_id) where staged_bytes > 0;

-- The quarantined records that a replay's lines were made of, in their order; null for lines of a file.
alter table ledger.batch_segments add column quarantine_ids bigint[];
create index batch_segments_unpublished on ledger.batch_segments (batch_id) where published_bytes > 0;

-- Down Migration
drop index ledger.batch_segments_unpublished;
alter table ledger.batch_segments drop column quarantine_ids;
drop index ledger.batches_in_staging;
alter table ledger.batches drop column staged_bytes, drop column damages, drop column restaging,
  drop column republishing;
