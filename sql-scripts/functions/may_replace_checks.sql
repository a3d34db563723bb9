-- Whether PostgreSQL may leave out its own check of each row: where the merge has the right to it, and nobody has put
-- triggers or rules of his own on the tables, which would be left out with the checks.
create or replace function warehouse.may_replace_checks() returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select current_user = 'lethe_merger' and not exists (
    select from pg_trigger t
    where t.tgrelid in ('warehouse.transactions'::regclass, 'warehouse.delivery_addresses'::regclass,
                        'warehouse.purchases'::regclass)
      and not t.tgisinternal and t.tgenabled in ('O', 'R')
  ) and not exists (
    select from pg_rewrite r
    where r.ev_class in ('warehouse.transactions'::regclass, 'warehouse.delivery_addresses'::regclass,
                         'warehouse.purchases'::regclass)
      and r.ev_enabled in ('O', 'R')
  )
$$;
