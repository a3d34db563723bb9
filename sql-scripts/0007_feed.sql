-- Up Migration
-- Effect: none

-- The processed files that were rewritten because of an erasure, for those who took copies (GDPR Art. 19). Neither which erasure
-- it was nor how many records stands here, and of the time the day alone: nothing leads from a file to a person.
create table ledger.rewritten_files (
  position       bigint generated always as identity primary key,
  dataset        text not null,
  partition_date date not null,
  partition_hour smallint not null check (partition_hour between 0 and 23),
  rewritten_on   date not null
);

-- Up to where the webhook's messages reach. The row is there once the first message is.
create table ledger.webhook_progress (
  only_row boolean primary key default true check (only_row),
  position bigint not null
);

-- Messages that the webhook's receiver has not confirmed. A confirmed one is removed.
create table ledger.webhook_outbox (
  id              text primary key,
  body            text not null,
  created_at      timestamptz not null default clock_timestamp(),
  attempts        integer not null default 0,
  next_attempt_at timestamptz not null default clock_timestamp(),
  -- The status of the last answer, or why there was none.
  last_failure    text
);
create index webhook_outbox_due on ledger.webhook_outbox (next_attempt_at);
