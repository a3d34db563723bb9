-- Brings the addresses and lines of what has been taken into the warehouse. It raises where an address is not there any more,
-- and proves the products of the lines once more: what is staged belongs to the loader, who could write between the two calls.
create or replace function warehouse.merge_transactions() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  missing_skus integer[];
  inserted bigint;
begin
  perform warehouse.require_transaction_stage();
  select array_agg(k.sku) into missing_skus
  from (select distinct s.sku from pg_temp.stage_purchases s) k
  left join lateral (
    select true as there from warehouse.products p where p.sku = k.sku limit 1 for key share
  ) p on true
  where p.there is null;
  if missing_skus is not null and exists (
    select from pg_temp.stage_purchases s
    join pg_temp.taken_transactions t on (t.part, t.ordinal) = (s.part, s.ordinal)
    where t.reason is null and s.sku = any (missing_skus)
  ) then
    raise exception 'a staged line is of a product that is not there' using errcode = 'foreign_key_violation';
  end if;

  if warehouse.may_replace_checks() then
    set local session_replication_role = replica;
  end if;

  insert into warehouse.delivery_addresses (transaction_key, transaction_id, address, postcode, city, country, country_code)
  select t.transaction_key, t.transaction_id, s.address, s.postcode, s.city, s.country, s.country_code
  from pg_temp.taken_transactions t
  join pg_temp.stage_transactions s on (s.part, s.ordinal) = (t.part, t.ordinal)
  where t.reason is null;
  get diagnostics inserted = row_count;
  if inserted <> (select count(*) from pg_temp.taken_transactions t where t.reason is null) then
    raise exception 'a transaction that was taken is not staged any more' using errcode = 'integrity_constraint_violation';
  end if;

  -- A line without its transaction has no key, which the table refuses.
  insert into warehouse.purchases (transaction_key, transaction_id, line, sku, quantity, price, total)
  select t.transaction_key, t.transaction_id, s.line, s.sku, s.quantity, s.price, s.total
  from pg_temp.stage_purchases s
  left join pg_temp.taken_transactions t on (t.part, t.ordinal) = (s.part, s.ordinal)
  where t.reason is null;
end $$;
