-- Raises where one of the tables is not of the merge's own making: it could be a view, and run somebody's code with the
-- merge's rights.
create or replace function warehouse.require_transaction_stage() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from unnest(array['stage_transactions', 'stage_purchases', 'stage_erased_transactions', 'taken_transactions']) as name
    left join pg_class c on c.oid = to_regclass('pg_temp.' || name)
    where c.relkind is distinct from 'r'
      or c.relowner is distinct from (select r.oid from pg_roles r where r.rolname = current_user)
  ) then
    raise exception 'the staging tables are not those of this merge' using errcode = 'insufficient_privilege';
  end if;
end $$;
