-- Up Migration
-- Effect: rewrites warehouse.customers, warehouse.customers_history, warehouse.products, warehouse.products_history
-- The ages of the first and the last record that brought a version: see packages/datasets/src/version-age.ts. Null in rows from
-- before this step and in rows that an erasure has masked; theirs follows from the partition and the day of the last change.
alter table warehouse.customers add column first_seen bigint[], add column last_seen bigint[];
alter table warehouse.customers_history add column first_seen bigint[], add column last_seen bigint[];
alter table warehouse.products add column first_seen bigint[], add column last_seen bigint[];
alter table warehouse.products_history add column first_seen bigint[], add column last_seen bigint[];

-- A day of change that cannot be true, and a partition in the future, order versions no longer: where such a version is the
-- current one and another is newer by the rules of today, the two change places.
create temp table thawed on commit drop as
  select distinct on (c.id) c.id, h.version_id
  from warehouse.customers c
  join warehouse.customers_history h using (id)
  cross join lateral (
    select case when c.source_partition <= c.loaded_at + interval '1 day' then c.source_partition end as partition,
           case when h.source_partition <= h.loaded_at + interval '1 day' then h.source_partition end as past_partition,
           (least(h.source_partition, h.loaded_at) at time zone 'UTC')::date + 1 as past_limit
  ) a
  cross join lateral (
    select (a.partition at time zone 'UTC')::date as day,
           case when h.last_change <= a.past_limit then h.last_change
                when h.last_change is not null then (a.past_partition at time zone 'UTC')::date end as past_day
  ) d
  where c.erased_at is null and h.erased_at is null
    and c.last_change > (least(c.source_partition, c.loaded_at) at time zone 'UTC')::date + 1
    and (coalesce(d.past_day, '0001-01-01'), coalesce(a.past_partition, '0001-01-01'))
        > (coalesce(d.day, '0001-01-01'), coalesce(a.partition, '0001-01-01'))
  order by c.id, d.past_day desc nulls last, a.past_partition desc nulls last, h.version_id desc;

with frozen as (
  select c.*, t.version_id from thawed t join warehouse.customers c using (id)
), current as (
  update warehouse.customers c
  set first_name = h.first_name, last_name = h.last_name, date_of_birth = h.date_of_birth, email = h.email,
      phone_number = h.phone_number, phone_e164 = h.phone_e164, address = h.address, city = h.city, country = h.country,
      country_code = h.country_code, postcode = h.postcode, last_change = h.last_change, segment = h.segment,
      source_partition = h.source_partition, source_file_id = h.source_file_id, valid_from = h.valid_from,
      loaded_at = h.loaded_at
  from thawed t join warehouse.customers_history h using (version_id)
  where c.id = t.id
)
update warehouse.customers_history h
set first_name = f.first_name, last_name = f.last_name, date_of_birth = f.date_of_birth, email = f.email,
    phone_number = f.phone_number, phone_e164 = f.phone_e164, address = f.address, city = f.city, country = f.country,
    country_code = f.country_code, postcode = f.postcode, last_change = f.last_change, segment = f.segment,
    source_partition = f.source_partition, source_file_id = f.source_file_id, valid_from = f.source_partition,
    loaded_at = f.loaded_at
from frozen f where h.version_id = f.version_id;

update warehouse.customers_history h set valid_to = v.valid_to
from (
  select version_id, lead(valid_from) over (partition by id order by version_id is null, valid_from, version_id) as valid_to
  from (select version_id, id, valid_from from warehouse.customers_history where id in (select id from thawed)
        union all
        select null, id, valid_from from warehouse.customers where id in (select id from thawed)) of_id
) v
where h.version_id = v.version_id;
drop table thawed;

create temp table thawed on commit drop as
  select distinct on (c.sku) c.sku, h.version_id
  from warehouse.products c join warehouse.products_history h using (sku)
  where c.source_partition > c.loaded_at + interval '1 day' and h.source_partition <= h.loaded_at + interval '1 day'
  order by c.sku, h.source_partition desc, h.version_id desc;

with frozen as (
  select c.*, t.version_id from thawed t join warehouse.products c using (sku)
), current as (
  update warehouse.products c
  set name = h.name, price = h.price, category = h.category, popularity = h.popularity, valid_from = h.valid_from,
      source_partition = h.source_partition, source_file_id = h.source_file_id, loaded_at = h.loaded_at
  from thawed t join warehouse.products_history h using (version_id)
  where c.sku = t.sku
)
update warehouse.products_history h
set name = f.name, price = f.price, category = f.category, popularity = f.popularity, valid_from = f.loaded_at,
    source_partition = f.source_partition, source_file_id = f.source_file_id, loaded_at = f.loaded_at
from frozen f where h.version_id = f.version_id;

update warehouse.products_history h set valid_to = v.valid_to
from (
  select version_id, lead(valid_from) over (partition by sku order by version_id is null, valid_from, version_id) as valid_to
  from (select version_id, sku, valid_from from warehouse.products_history where sku in (select sku from thawed)
        union all
        select null, sku, valid_from from warehouse.products where sku in (select sku from thawed)) of_sku
) v
where h.version_id = v.version_id;
drop table thawed;

-- Refunds: whether they are taken is a setting.
alter table warehouse.purchases drop constraint purchases_quantity_check;
alter table ledger.quarantine drop constraint quarantine_reason_check;
alter table ledger.quarantine add constraint quarantine_reason_check
  check (reason in ('schema', 'duplicate', 'unknown_customer', 'unknown_sku', 'total_mismatch', 'identity_mismatch',
                    'unreadable', 'held', 'unsupported_format', 'no_header', 'refund'));

-- What a person should know about a batch's records that were taken. Numbers only, never a value.
create table ledger.record_warnings (
  batch_id      uuid not null references ledger.batches (id),
  code          text not null,
  records       bigint not null check (records > 0),
  -- Where the first of those records stands.
  first_file_id bigint not null references ledger.files (id),
  first_line    bigint not null,
  primary key (batch_id, code)
);
