-- Decides on the staged transactions whose ids are there already, in the warehouse or before them in the stage: a duplicate is what
-- would be stored as the other one is, anything else a conflict. Of a person who was erased, nothing is left that could be
-- compared: that is a duplicate. Only the few transactions that have come again are looked at.
create or replace function warehouse.compare_transactions() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
-- A backfill brings nothing but transactions that are there. Nothing is known of what is staged, so the planner would compare each with
-- each. What is looked up in the warehouse is lateral with a limit: one probe of an index for each.
set enable_nestloop = off
set enable_seqscan = on
as $$
begin
  with again as materialized (
    select t.part, t.ordinal, t.transaction_id from pg_temp.taken_transactions t where t.reason = 'there'
  ), taken as materialized (
    -- What they are compared with, where it came with them.
    select t.part, t.ordinal, t.transaction_id from pg_temp.taken_transactions t
    where t.reason is null and t.transaction_id in (select a.transaction_id from again a)
  ), place as materialized (
    select a.part, a.ordinal from again a union all select t.part, t.ordinal from taken t
  ), line as materialized (
    select p.part, p.ordinal, array_agg(row(p.line, p.sku, p.quantity, p.price, p.total) order by p.line) as lines
    from pg_temp.stage_purchases p join place c on (c.part, c.ordinal) = (p.part, p.ordinal)
    group by p.part, p.ordinal
  ), staged as materialized (
    select s.part, s.ordinal, s.transaction_id, s.customer_id,
           row(s.transaction_time, s.customer_id, s.total_cost, s.address, s.postcode, s.city, s.country, s.country_code,
               l.lines) as content
    from pg_temp.stage_transactions s
    join place c on (c.part, c.ordinal) = (s.part, s.ordinal)
    left join line l on (l.part, l.ordinal) = (s.part, s.ordinal)
  ), known as (
    select s.transaction_id, s.customer_id, s.content
    from taken t join staged s on (s.part, s.ordinal) = (t.part, t.ordinal)
    union all
    select w.transaction_id, w.customer_id,
           row(w.transaction_time, w.customer_id, w.total_cost, d.address, d.postcode, d.city, d.country, d.country_code,
               (select array_agg(row(p.line, p.sku, p.quantity, p.price, p.total) order by p.line)
                from warehouse.purchases p where p.transaction_key = w.transaction_key))
    from (select a.transaction_id from again a except select t.transaction_id from taken t) a
    cross join lateral (
      select found.transaction_id, found.transaction_key, found.transaction_time, found.customer_id, found.total_cost
      from warehouse.transactions found where found.transaction_id = a.transaction_id limit 1
    ) w
    left join lateral (
      select found.address, found.postcode, found.city, found.country, found.country_code
      from warehouse.delivery_addresses found where found.transaction_key = w.transaction_key limit 1
    ) d on true
  )
  update pg_temp.taken_transactions t
  set reason = case
    when k.content is not distinct from s.content then 'duplicate'
    when exists (
      select from warehouse.customers c where c.id in (k.customer_id, s.customer_id) and c.erased_at is not null
    ) then 'duplicate'
    else 'conflict'
  end
  from staged s join known k on k.transaction_id = s.transaction_id
  where t.reason = 'there' and (s.part, s.ordinal) = (t.part, t.ordinal);
  if exists (select from pg_temp.taken_transactions t where t.reason = 'there') then
    raise exception 'a transaction that was there has gone meanwhile' using errcode = 'serialization_failure';
  end if;
end $$;
