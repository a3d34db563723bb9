const KEYS = `select t.transaction_key from warehouse.transactions t where t.transaction_id = any ($1::text[]::uuid[])`;

/** Adds transactions, given by their ids, to the sums by day, country and product, and deletes them. */
export const FOLD_TRANSACTIONS: readonly string[] = [
  `with sold as (
     select t.transaction_key, (t.transaction_time at time zone 'UTC')::date as day, t.total_cost,
            case when a.country_code is not null then a.country end as country, a.country_code
     from warehouse.transactions t left join warehouse.delivery_addresses a using (transaction_key)
     where t.transaction_id = any ($1::text[]::uuid[])
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
   join warehouse.purchases p using (transaction_key)
   group by d.sales_key, p.sku
   order by d.sales_key, p.sku
   on conflict (sales_key, sku) do update
   set lines = e.lines + excluded.lines, quantity = e.quantity + excluded.quantity, total = e.total + excluded.total`,
  `delete from warehouse.purchases where transaction_key in (${KEYS})`,
  `delete from warehouse.delivery_addresses where transaction_key in (${KEYS})`,
  "delete from warehouse.transactions where transaction_id = any ($1::text[]::uuid[])",
];
