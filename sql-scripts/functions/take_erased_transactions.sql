-- Decides on the staged transactions of people who are, or were, on the suppression list: one that was erased before is a
-- duplicate, whatever it holds and whatever id it bears now. What is taken of the others loses its source file, and the keyed
-- hash of its id is kept. What is to be folded goes into the sums here.
create or replace function warehouse.take_erased_transactions() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- In one statement, so that both are seen as of one instant: an erasure that commits meanwhile moves a transaction from
  -- one of the two to the other.
  update pg_temp.taken_transactions t set reason = 'duplicate', missing_key = null
  from pg_temp.stage_erased_transactions e
  where (e.part, e.ordinal) = (t.part, t.ordinal)
    and (exists (select from privacy.erased_records r where r.record_hash = e.record_hash)
         or e.is_masked and exists (select from warehouse.transactions w where w.transaction_id = e.original_id));
  -- What stands before one in the stage will be in the warehouse, or its hash will be known.
  update pg_temp.taken_transactions t set reason = 'duplicate', missing_key = null
  from (
    select e.part, e.ordinal, e.part * 4294967296 + e.ordinal as place,
           min(e.part * 4294967296 + e.ordinal) filter (where e.is_masked and o.reason is distinct from 'duplicate')
             over (partition by e.record_hash) as first_place
    from pg_temp.stage_erased_transactions e
    join pg_temp.taken_transactions o on (o.part, o.ordinal) = (e.part, e.ordinal)
  ) c
  where c.place > c.first_place and (c.part, c.ordinal) = (t.part, t.ordinal);
  update pg_temp.taken_transactions t set reason = 'duplicate', missing_key = null
  from pg_temp.stage_erased_transactions e
  where e.is_masked and (e.part, e.ordinal) = (t.part, t.ordinal) and exists (
    select from pg_temp.taken_transactions o
    where o.transaction_id = e.original_id and o.reason is null
      and o.part * 4294967296 + o.ordinal < e.part * 4294967296 + e.ordinal
  );

  -- What waits for a product is known, too: masked, it lies in quarantine. Two batches with the same transaction at once: the
  -- later one waits for the hash, fails on it and finds a duplicate when it is tried again.
  insert into privacy.erased_records (record_hash, key_id)
  select e.record_hash, e.key_id
  from pg_temp.stage_erased_transactions e
  join pg_temp.taken_transactions t on (t.part, t.ordinal) = (e.part, e.ordinal)
  where e.is_masked and t.reason is distinct from 'duplicate'
  order by e.record_hash;
  insert into privacy.record_replacements (record_hash, replacement, run_id)
  select e.record_hash, t.transaction_id, current_setting('lethe.run_id')::uuid
  from pg_temp.stage_erased_transactions e
  join pg_temp.taken_transactions t on (t.part, t.ordinal) = (e.part, e.ordinal)
  where e.is_masked and not e.is_folded and t.reason is distinct from 'duplicate'
  order by e.record_hash;

  update pg_temp.taken_transactions t set file_id = null
  from pg_temp.stage_erased_transactions e
  where e.is_masked and (e.part, e.ordinal) = (t.part, t.ordinal);

  if exists (select from pg_temp.stage_erased_transactions e where e.is_folded) then
    with folded as (
      update pg_temp.taken_transactions t set reason = 'folded'
      from pg_temp.stage_erased_transactions e
      where e.is_folded and (e.part, e.ordinal) = (t.part, t.ordinal) and t.reason is null
      returning t.part, t.ordinal, t.transaction_time, t.total_cost
    ), sold as (
      select f.part, f.ordinal, (f.transaction_time at time zone 'UTC')::date as day, f.total_cost, s.country, s.country_code
      from folded f join pg_temp.stage_transactions s on (s.part, s.ordinal) = (f.part, f.ordinal)
    ), days as (
      insert into warehouse.erased_sales_days as d (day, country, country_code, transactions, total_cost)
      select day, country, country_code, count(*), sum(total_cost) from sold group by day, country, country_code
      order by day, country, country_code
      on conflict (day, country, country_code) do update
      set transactions = d.transactions + excluded.transactions, total_cost = d.total_cost + excluded.total_cost
      returning d.sales_key, d.day, d.country, d.country_code
    )
    insert into warehouse.erased_sales as e (sales_key, sku, lines, quantity, total)
    select d.sales_key, p.sku, count(*), sum(p.quantity), sum(p.total)
    from sold s
    join days d on (d.day, d.country, d.country_code) is not distinct from (s.day, s.country, s.country_code)
    join pg_temp.stage_purchases p on (p.part, p.ordinal) = (s.part, s.ordinal)
    group by d.sales_key, p.sku
    order by d.sales_key, p.sku
    on conflict (sales_key, sku) do update
    set lines = e.lines + excluded.lines, quantity = e.quantity + excluded.quantity, total = e.total + excluded.total;
  end if;
end $$;
