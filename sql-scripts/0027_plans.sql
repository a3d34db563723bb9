-- Up Migration
-- Effect: none
-- A plan does what a replay does, and takes all of it back but the counts.
alter table ledger.runs drop constraint runs_kind_check;
alter table ledger.runs add constraint runs_kind_check check (kind in ('files', 'replay', 'backfill', 'plan'));
