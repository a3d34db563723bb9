-- Up Migration
-- Effect: none
-- A run that failed or was cancelled may be tried again. Each attempt begins once and ends once.
alter table ledger.runs add column attempt integer not null default 1;

-- The beginnings and ends of runs' attempts that nobody outside was told of yet. References and the ledger's own errors alone. A plan is
-- taken back, so nothing of it is told.
create table ledger.run_transitions (
  position      bigint generated always as identity primary key,
  -- Of `ledger.runs`, whose trigger writes it.
  run_id        uuid not null,
  attempt       integer not null,
  -- It began, or the state in which it ended.
  what          text not null check (what in ('started', 'succeeded', 'succeeded_with_warnings', 'failed', 'cancelled')),
  at            timestamptz not null,
  -- The run forgets its error when it is tried again.
  error_code    text,
  error_message text,
  tries         integer not null default 0,
  next_try_at   timestamptz
);

-- In the database, so that whatever changes a run's state records it in the same transaction.
create function ledger.record_run_transition() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  active constant text[] := array['queued', 'extracting', 'processing', 'finishing'];
  begins constant boolean := new.state = any (active) and new.state <> 'queued' and old.state <> all (active[2:]);
  ends constant boolean := new.state <> all (active) and old.state = any (active);
begin
  -- One that was cancelled before anything of it was done begins and ends at once.
  if begins or ends and old.state = 'queued' then
    insert into ledger.run_transitions (run_id, attempt, what, at) values (new.id, new.attempt, 'started', clock_timestamp());
  end if;
  if ends then
    insert into ledger.run_transitions (run_id, attempt, what, at, error_code, error_message)
    values (new.id, new.attempt, new.state, clock_timestamp(), new.error_code, new.error_message);
  end if;
  return null;
end $$;

create trigger record_run_transition after update of state on ledger.runs
  for each row when (old.state is distinct from new.state and new.kind <> 'plan') execute function ledger.record_run_transition();
