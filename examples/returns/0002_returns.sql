-- Up Migration
-- Effect: none
create table warehouse.returns (
  return_id      text primary key,
  -- An erasure renames the customer, and this with them.
  customer_id    text not null references warehouse.customers (id) on update cascade,
  sku            integer not null,
  returned_on    date not null,
  reason         text,
  -- Null once the row was unlinked from its person.
  source_file_id bigint references ledger.files (id)
);
create index returns_of_customer on warehouse.returns (customer_id);

-- Down Migration
drop table warehouse.returns;
