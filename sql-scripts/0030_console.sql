-- Up Migration
-- Effect: none
-- When its rows and rejects were staged last; null before that, and of older batches.
alter table ledger.batches add column transformed_at timestamptz;

-- The newest runs of a job, and the last that succeeded.
create index runs_of_job on ledger.runs (job, kind, requested_at desc, id desc);

-- The bounds of a check's condition, in its unit; null where there is none, and of older results.
alter table ledger.check_results add column least double precision;
alter table ledger.check_results add column most double precision;
