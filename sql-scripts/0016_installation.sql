-- Up Migration
-- Effect: none
-- Which installation this database belongs to. The same id stands in the data folder and in Redis, so that services which do
-- not share all three notice.
create table ledger.installation (
  only_row   boolean primary key default true check (only_row),
  id         uuid not null,
  created_at timestamptz not null default clock_timestamp()
);
