-- Up Migration
-- Effect: none
-- A run that has done its work, but more of whose records than usual could not be loaded.
alter table ledger.runs drop constraint runs_state_check;
alter table ledger.runs add constraint runs_state_check
  check (state in ('queued', 'extracting', 'processing', 'finishing', 'succeeded', 'succeeded_with_warnings', 'failed', 'cancelled',
                   'skipped'));
-- Which thresholds it has reached: [{code, message}], without a value of a record.
alter table ledger.runs add column warnings jsonb not null default '[]';
