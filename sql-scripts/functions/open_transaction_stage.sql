-- Creates a connection's temporary tables for the merge of transactions, where they are not there yet. They belong to whoever
-- owns the function, so that the merge can rely on what they are. What has been taken is for the merge alone: a loader that
-- could write it could give lines to transactions of others.
create or replace function warehouse.open_transaction_stage() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
begin
  if to_regclass('pg_temp.taken_transactions') is not null then
    return;
  end if;
  create temp table stage_transactions ({columns of stage_transactions}) on commit delete rows;
  create temp table stage_purchases ({columns of stage_purchases}) on commit delete rows;
  create temp table stage_erased_transactions ({columns of stage_erased_transactions}) on commit delete rows;
  create temp table taken_transactions (
    part smallint not null, ordinal integer not null, transaction_key bigint, transaction_id uuid,
    transaction_time timestamptz, customer_id text, total_cost numeric, file_id bigint, reason text, missing_key text
  ) on commit delete rows;
  if session_user <> current_user and exists (select from pg_roles where rolname = 'lethe_loader') then
    grant select, insert, delete on stage_transactions, stage_purchases, stage_erased_transactions to lethe_loader;
  end if;
end $$;
