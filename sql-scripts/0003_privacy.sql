-- Up Migration
create schema privacy;

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

-- Down Migration
drop schema privacy cascade;
