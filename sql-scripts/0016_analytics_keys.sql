-- Up Migration

-- Lines are indexed by their transaction's key alone, so whoever reads one transaction's lines joins by it. It says nothing of a
-- person: a number in the order of loading.
create or replace view analytics.transactions as
select t.transaction_id, t.transaction_time, c.analytics_id as customer, t.total_cost, d.country as delivery_country,
       d.country_code as delivery_country_code, t.transaction_key
from warehouse.transactions t
join warehouse.customers c on c.id = t.customer_id
left join warehouse.delivery_addresses d using (transaction_key);

create or replace view analytics.purchases as
select transaction_id, line, sku, quantity, price, total, transaction_key from warehouse.purchases;

-- Down Migration
-- Nothing: a view's columns cannot be taken away while others read it.
