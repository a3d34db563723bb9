-- Up Migration

-- Which stage gave up, and when it last did. Both stay when the work is tried again: lists of dead letters are cut by the
-- time, and a list that somebody reads on must not lose its place to a replay.
alter table ledger.batches
  add column failed_stage text check (failed_stage in ('extract', 'transform', 'load')),
  add column failed_at    timestamptz;
alter table ledger.runs
  add column failed_stage text check (failed_stage in ('extract', 'finish')),
  add column failed_at    timestamptz;

-- What had failed before: the stage is what the times that were measured tell.
update ledger.batches b
set failed_stage = case when b.transform_ms > 0 then 'load' else 'transform' end,
    failed_at = coalesce(r.finished_at, b.created_at)
from ledger.runs r
where r.id = b.run_id and b.state = 'failed';
update ledger.runs
set failed_stage = case when extracted_at is null then 'extract' else 'finish' end,
    failed_at = coalesce(finished_at, requested_at)
where state = 'failed' and error_code is distinct from 'batches_failed';

create index batches_failed on ledger.batches (run_id) where state = 'failed';
create index runs_failed on ledger.runs (job) where state = 'failed';

-- Down Migration
drop index ledger.batches_failed, ledger.runs_failed;
alter table ledger.batches drop column failed_stage, drop column failed_at;
alter table ledger.runs drop column failed_stage, drop column failed_at;
