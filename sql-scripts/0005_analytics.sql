-- Up Migration
create schema analytics;

-- What analysts know a customer by: random, so that it says nothing of the id and cannot be computed from it.
alter table warehouse.customers
  add column analytics_id uuid not null default gen_random_uuid() unique;

-- The views show what the masking policy would leave of an erased person, for everybody: no name, no contact, no address,
-- the year of birth. An erasure therefore changes nothing that an analyst has ever seen.
create view analytics.customers as
select analytics_id as customer, extract(year from date_of_birth)::integer as birth_year, country, country_code, segment,
       last_change
from warehouse.customers;

create view analytics.products as
select sku, name, price, category, popularity from warehouse.products;

create view analytics.transactions as
select t.transaction_id, t.transaction_time, c.analytics_id as customer, t.total_cost, d.country as delivery_country,
       d.country_code as delivery_country_code
from warehouse.transactions t
join warehouse.customers c on c.id = t.customer_id
left join warehouse.delivery_addresses d using (transaction_id);

create view analytics.purchases as
select transaction_id, line, sku, quantity, price, total from warehouse.purchases;

-- Roles belong to the server, not to the database: another database of it may have made this one already, and whoever
-- migrates may not be allowed to. Then an administrator makes it, and grants what stands below.
do $$
begin
  create role lethe_analyst nologin;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then raise notice 'role lethe_analyst is not there and may not be created';
end $$;

do $$
begin
  if exists (select from pg_roles where rolname = 'lethe_analyst') then
    grant usage on schema analytics to lethe_analyst;
    grant select on all tables in schema analytics to lethe_analyst;
  end if;
end $$;

-- Down Migration
drop schema analytics cascade;
alter table warehouse.customers drop column analytics_id;
