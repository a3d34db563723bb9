-- Up Migration
-- Effect: deletes privacy.receipts, whose content goes to privacy.proof_log
-- What was done about people, in the order in which it was done. Written once, never changed: the hash of each entry covers
-- every column of it and the hash of the entry before.
create table privacy.proof_log (
  sequence      bigint primary key,
  kind          text not null,
  -- No personal data: keyed hashes, pseudonyms, counts and times.
  body          jsonb not null,
  -- In milliseconds, as exactly as it is shown and hashed.
  created_at    timestamptz(3) not null,
  previous_hash text not null,
  hash          text not null unique
);
-- One receipt for each erasure.
create unique index proof_log_receipt_of on privacy.proof_log ((body ->> 'erasureId')) where kind = 'receipt';
create index proof_log_reapplied on privacy.proof_log (sequence) where kind = 'reapplied';

-- What the holder of the signing key vouches for: the log up to an entry, the suppression list and the decisions as of then.
create table privacy.checkpoints (
  number              bigint primary key,
  -- Sequence of the last entry that it covers.
  log_size            bigint not null,
  head_hash           text not null,
  suppressions        integer not null,
  suppressions_digest text not null,
  decisions           integer not null,
  decisions_digest    text not null,
  previous_hash       text not null,
  created_at          timestamptz(3) not null,
  key_id              text not null,
  hash                text not null unique,
  signature           text not null
);

-- Whether the log's last entry about a suppression says what the row says: that it is in force.
alter table privacy.suppressions add column is_logged boolean not null default false;
create index suppressions_to_log on privacy.suppressions (subject_id) where not is_logged and lifted_at is null;
create index suppressions_lift_to_log on privacy.suppressions (subject_id) where is_logged and lifted_at is not null;

-- Receipts are entries of the log.
drop table privacy.receipts;
