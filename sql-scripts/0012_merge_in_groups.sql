-- Up Migration

-- The merge of transactions takes several batches at once. The more of them, the nearer to each other are the places in the
-- indexes that it comes to: into full tables a row then costs about what it costs into empty ones. The functions are those
-- of `0011_merge_transactions.sql`, which says why they are as they are, with a number for the batch in each staged row.
drop function warehouse.merge_transactions();
drop function warehouse.open_transaction_stage();

-- Makes a connection's temporary tables, where they are not there yet. They belong to whoever owns the function, so that the
-- merge can rely on what they are. `part` is the setting `lethe.part` while a row comes in: which of the batches it is of.
create function warehouse.open_transaction_stage() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
begin
  if to_regclass('pg_temp.stage_transactions') is not null then
    if not exists (
      select from pg_class c
      where c.oid = to_regclass('pg_temp.stage_transactions') and pg_get_userbyid(c.relowner) = current_user
        and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'part')
    ) then
      return;
    end if;
    -- Of a loader that works since before this step.
    drop table pg_temp.stage_transactions, pg_temp.stage_purchases;
  end if;
  create temp table stage_transactions (
    ordinal integer, file_id bigint, transaction_id uuid, transaction_time timestamptz, customer_id text,
    total_cost numeric, address text, postcode text, city text, country text, country_code text,
    part smallint not null default coalesce(nullif(current_setting('lethe.part', true), ''), '0')::smallint
  ) on commit delete rows;
  create temp table stage_purchases (
    ordinal integer, line smallint, sku integer, quantity integer, price numeric, total numeric,
    part smallint not null default coalesce(nullif(current_setting('lethe.part', true), ''), '0')::smallint
  ) on commit delete rows;
  if session_user <> current_user and exists (select from pg_roles where rolname = 'lethe_loader') then
    grant select, insert, delete on stage_transactions, stage_purchases to lethe_loader;
  end if;
end $$;

-- Brings what is staged of one or several batches into the warehouse: all of it, or it raises. What cannot be merged has been taken out of the stage.
create function warehouse.merge_transactions() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Anything of these names that somebody else has made could be a view, and run his code with this function's rights.
  if exists (
    select from pg_class c
    where c.oid in (to_regclass('pg_temp.stage_transactions'), to_regclass('pg_temp.stage_purchases'))
      and (c.relkind <> 'r' or c.relowner <> (select r.oid from pg_roles r where r.rolname = current_user))
  ) then
    raise exception 'the staging tables are not those of this merge' using errcode = 'insufficient_privilege';
  end if;

  -- Like a foreign key's check, this locks the rows that are referred to, so that none of them goes before the commit.
  if exists (
    with there as materialized (
      select c.id
      from (select distinct s.customer_id from pg_temp.stage_transactions s) k
      cross join lateral (select c.id from warehouse.customers c where c.id = k.customer_id limit 1 for key share) c
    )
    select from pg_temp.stage_transactions s
    where not exists (select from there where there.id = s.customer_id)
  ) then
    raise exception 'a staged transaction is of no customer' using errcode = 'foreign_key_violation';
  end if;
  if exists (
    with there as materialized (
      select p.sku
      from (select distinct s.sku from pg_temp.stage_purchases s) k
      cross join lateral (select p.sku from warehouse.products p where p.sku = k.sku limit 1 for key share) p
    )
    select from pg_temp.stage_purchases s
    where not exists (select from there where there.sku = s.sku)
  ) then
    raise exception 'a staged purchase is of no product' using errcode = 'foreign_key_violation';
  end if;

  -- `rights.sql` has set it for the function, so that at the function's end it is as before.
  if current_user = 'lethe_merger' and not exists (
    select from pg_trigger t
    where t.tgrelid in ('warehouse.transactions'::regclass, 'warehouse.delivery_addresses'::regclass,
                        'warehouse.purchases'::regclass)
      and not t.tgisinternal and t.tgenabled in ('O', 'R')
  ) then
    set local session_replication_role = replica;
  end if;

  -- In the order of their keys: neighbours in a batch are then neighbours in the indexes.
  insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
  select s.transaction_id, s.transaction_time, s.customer_id, s.total_cost, s.file_id
  from pg_temp.stage_transactions s
  order by s.transaction_id;

  insert into warehouse.delivery_addresses (transaction_id, address, postcode, city, country, country_code)
  select s.transaction_id, s.address, s.postcode, s.city, s.country, s.country_code
  from pg_temp.stage_transactions s
  order by s.transaction_id;

  -- A line without its transaction has no id, which the table refuses.
  insert into warehouse.purchases (transaction_id, line, sku, quantity, price, total)
  select t.transaction_id, s.line, s.sku, s.quantity, s.price, s.total
  from pg_temp.stage_purchases s
  left join pg_temp.stage_transactions t on (t.part, t.ordinal) = (s.part, s.ordinal)
  order by t.transaction_id, s.line;
end $$;

-- Down Migration
-- Nothing: a loader of before, which stages one batch at a time, goes on with these.
