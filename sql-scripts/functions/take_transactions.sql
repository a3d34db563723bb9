-- Brings what is staged of one or several batches into `transactions`, but for what it gives back: transactions that are
-- there already, or that refer to a customer or a product that is not. Their lines may stay in the stage. The outcome is that of
-- records that come one by one in the order of part and ordinal, whatever is staged together.
create or replace function warehouse.take_transactions()
returns table (part smallint, ordinal integer, reason text, missing_key text)
language plpgsql
set search_path = pg_catalog, pg_temp
-- The statistics of a table that was vacuumed while it was empty say that to read all of it costs nothing. The lookup of each
-- row before it is written would then read all that the statement has written so far.
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  missing_customers text[];
  missing_skus integer[];
  wanted bigint;
  inserted bigint;
  marked bigint;
  some_are_erased boolean;
begin
  perform warehouse.require_transaction_stage();

  -- Like a foreign key's check, this locks the rows that are referred to, so that none of them goes before the commit.
  -- Lookups are lateral with a limit, which keeps the planner at one probe of an index for each key.
  select array_agg(k.customer_id) into missing_customers
  from (select distinct s.customer_id from pg_temp.stage_transactions s) k
  left join lateral (
    select true as there from warehouse.customers c where c.id = k.customer_id limit 1 for key share
  ) c on true
  where c.there is null;
  select array_agg(k.sku) into missing_skus
  from (select distinct s.sku from pg_temp.stage_purchases s) k
  left join lateral (
    select true as there from warehouse.products p where p.sku = k.sku limit 1 for key share
  ) p on true
  where p.there is null;

  -- Keys are given in the order in which addresses and lines are inserted, so that each comes to the end of its index.
  insert into pg_temp.taken_transactions
    (part, ordinal, transaction_key, transaction_id, transaction_time, customer_id, total_cost, file_id, reason, missing_key)
  select s.part, s.ordinal, nextval('warehouse.transactions_transaction_key_seq'), s.transaction_id, s.transaction_time,
         s.customer_id, s.total_cost, s.file_id,
         case when s.customer_id = any (missing_customers) then 'unknown_customer'
              when l.sku is not null then 'unknown_sku' end,
         case when s.customer_id = any (missing_customers) then s.customer_id else l.sku::text end
  from pg_temp.stage_transactions s
  left join (
    select distinct on (p.part, p.ordinal) p.part, p.ordinal, p.sku
    from pg_temp.stage_purchases p
    where p.sku = any (missing_skus)
    order by p.part, p.ordinal, p.line
  ) l on (l.part, l.ordinal) = (s.part, s.ordinal);

  -- Transactions of people who are, or were, on the suppression list. Mostly there are none. They are known by a hash and bear
  -- new ids, so what follows leaves them alone.
  select exists (select from pg_temp.stage_erased_transactions) into some_are_erased;
  if some_are_erased then
    perform warehouse.take_erased_transactions();
  end if;

  -- One whose id is there already is a duplicate or a conflict first of all.
  update pg_temp.taken_transactions t set reason = 'there', missing_key = null
  where t.reason in ('unknown_customer', 'unknown_sku') and (
    select true from warehouse.transactions w where w.transaction_id = t.transaction_id limit 1
  );
  -- Of several with one id that are staged, the first that can be taken is, and those behind it find it there. Those before it
  -- wait for what they refer to. Where there are any, all are looked at: nothing is known of the table that would let the
  -- planner look for those alone.
  if exists (select from pg_temp.taken_transactions o group by o.transaction_id having count(*) > 1) then
    update pg_temp.taken_transactions t set reason = 'there', missing_key = null
    from (
      select o.part, o.ordinal, o.part * 4294967296 + o.ordinal as place,
             min(o.part * 4294967296 + o.ordinal) filter (where o.reason is null)
               over (partition by o.transaction_id) as first_place
      from pg_temp.taken_transactions o
    ) c
    where c.place > c.first_place and (c.part, c.ordinal) = (t.part, t.ordinal)
      and (t.reason is null or t.reason in ('unknown_customer', 'unknown_sku'));
  end if;

  if warehouse.may_replace_checks() then
    -- `rights/merge-transactions.sql` has set it for the function, so that at the function's end it is as before.
    set local session_replication_role = replica;
  end if;

  -- In the order of ids: neighbours in a batch are then neighbours in the index. Each is looked up right before it is
  -- written, while its page of the index is at hand.
  select count(*) into wanted from pg_temp.taken_transactions t where t.reason is null;
  insert into warehouse.transactions
    (transaction_key, transaction_id, transaction_time, customer_id, total_cost, source_file_id)
  -- One that an erasure has unlinked, and that comes back with its masked file, names no file as before.
  select t.transaction_key, t.transaction_id, t.transaction_time, t.customer_id, t.total_cost,
         case when t.customer_id <> 'erased' then t.file_id end
  from (select * from pg_temp.taken_transactions o where o.reason is null order by o.transaction_id) t
  left join lateral (
    select true as there from warehouse.transactions w where w.transaction_id = t.transaction_id limit 1
  ) w on true
  where w.there is null;
  get diagnostics inserted = row_count;
  if inserted < wanted then
    update pg_temp.taken_transactions t set reason = 'there'
    where t.reason is null and t.transaction_key <> (
      select w.transaction_key from warehouse.transactions w where w.transaction_id = t.transaction_id limit 1
    );
    get diagnostics marked = row_count;
    if marked <> wanted - inserted then
      raise exception 'a transaction that was there has gone meanwhile' using errcode = 'serialization_failure';
    end if;
  end if;

  if exists (select from pg_temp.taken_transactions t where t.reason = 'there') then
    perform warehouse.compare_transactions();
  end if;

  -- What was folded into sums is in the warehouse as much as what was inserted.
  return query
    select t.part, t.ordinal, t.reason, t.missing_key from pg_temp.taken_transactions t
    where t.reason is not null and t.reason <> 'folded';
end $$;
