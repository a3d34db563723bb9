-- Up Migration
-- Effect: none
-- A record whose correction stands in quarantine, or was delivered later and loaded, is closed as superseded.
alter table ledger.quarantine drop constraint quarantine_status_check;
alter table ledger.quarantine add constraint quarantine_status_check
  check (status in ('open', 'replayed', 'discarded', 'superseded', 'erased'));

-- The record that this one is a correction of, by hand. A record is corrected once; a correction can be corrected in turn.
alter table ledger.quarantine add column corrects bigint references ledger.quarantine (id);
create unique index quarantine_corrected on ledger.quarantine (corrects) where corrects is not null;

-- What decisions have released and corrections, until a replay has tried them: asked for at the end of every run.
create index quarantine_released on ledger.quarantine (dataset) where status = 'open' and approved_at is not null;
