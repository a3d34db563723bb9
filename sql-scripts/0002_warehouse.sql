-- Up Migration
create schema warehouse;

-- Column names are the input's field names; a derived value stands in a column of its own beside it.
create table warehouse.customers (
  id               text primary key,
  first_name       text,
  last_name        text,
  date_of_birth    date,
  email            text,
  phone_number     text,
  phone_e164       text,
  address          text,
  city             text,
  country          text,
  country_code     text,
  postcode         text,
  last_change      date,
  segment          text,
  -- The version's age: last_change decides, then the partition that it came in.
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  loaded_at        timestamptz not null default clock_timestamp(),
  erased_at        timestamptz
);

-- Superseded versions (slowly changing dimension type 2); valid_to is the next version's valid_from.
create table warehouse.customers_history (
  version_id       bigint generated always as identity primary key,
  id               text not null,
  first_name       text,
  last_name        text,
  date_of_birth    date,
  email            text,
  phone_number     text,
  phone_e164       text,
  address          text,
  city             text,
  country          text,
  country_code     text,
  postcode         text,
  last_change      date,
  segment          text,
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  valid_to         timestamptz,
  loaded_at        timestamptz not null,
  erased_at        timestamptz
);
create index customers_history_of_id on warehouse.customers_history (id, valid_from);

create table warehouse.products (
  sku              integer primary key,
  name             text not null,
  price            numeric not null check (price > 0),
  category         text not null,
  popularity       double precision not null check (popularity > 0),
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  loaded_at        timestamptz not null default clock_timestamp()
);

create table warehouse.products_history (
  version_id       bigint generated always as identity primary key,
  sku              integer not null,
  name             text not null,
  price            numeric not null,
  category         text not null,
  popularity       double precision not null,
  source_partition timestamptz not null,
  source_file_id   bigint not null references ledger.files (id),
  valid_from       timestamptz not null,
  valid_to         timestamptz,
  loaded_at        timestamptz not null
);
create index products_history_of_sku on warehouse.products_history (sku, valid_from);

-- Pseudonymising a customer renames the id here too: sales stay countable per (now nameless) person.
create table warehouse.transactions (
  transaction_id   uuid primary key,
  transaction_time timestamptz not null,
  customer_id      text not null references warehouse.customers (id) on update cascade,
  total_cost       numeric not null,
  source_file_id   bigint not null
);
create index transactions_of_customer on warehouse.transactions (customer_id);

create table warehouse.delivery_addresses (
  transaction_id uuid primary key references warehouse.transactions (transaction_id),
  address        text,
  postcode       text,
  city           text,
  country        text,
  country_code   text
);

create table warehouse.purchases (
  transaction_id uuid not null references warehouse.transactions (transaction_id),
  line           smallint not null,
  sku            integer not null references warehouse.products (sku),
  quantity       integer not null check (quantity > 0),
  price          numeric not null,
  total          numeric not null,
  primary key (transaction_id, line)
);

-- A request is kept without plain id or email: keyed hashes say whose it was to those who hold the key.
create table warehouse.erasure_requests (
  id             uuid primary key default gen_random_uuid(),
  customer_key   bytea not null unique,
  email_key      bytea not null,
  pseudonym      text not null,
  -- masked: the customer's row was found and masked; suppressed: no such customer yet, masked on arrival.
  state          text not null check (state in ('masked', 'suppressed')),
  policy_version text not null,
  requested_at   timestamptz not null,
  received_at    timestamptz not null default clock_timestamp(),
  source_file_id bigint not null references ledger.files (id)
);

-- Down Migration
drop schema warehouse cascade;
