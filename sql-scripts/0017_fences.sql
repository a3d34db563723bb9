-- Up Migration
-- Effect: none
-- Whoever takes the extraction of a run, or the work on erasures, raises a number and remembers it. Each of its writes compares the
-- two in its own transaction, so that one that has lost its lock, and perhaps slept since, writes nothing beside its successor.
alter table ledger.runs add column extraction_token bigint not null default 0;

create table privacy.erasure_fence (
  only_row boolean primary key default true check (only_row),
  token    bigint not null default 0
);
insert into privacy.erasure_fence default values;
