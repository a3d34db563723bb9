-- Up Migration

-- How the fields of a batch's records differ from what their dataset has. Names and numbers only, never a value.
create table ledger.schema_changes (
  batch_id      uuid not null references ledger.batches (id),
  change        text not null check (change in ('new', 'missing')),
  -- A path of names, or '(other)' for all whose names are not to be shown.
  field         text not null,
  records       bigint not null check (records > 0),
  -- Where the first of those records stands.
  first_file_id bigint not null references ledger.files (id),
  first_line    bigint not null,
  primary key (batch_id, change, field)
);

-- Down Migration
drop table ledger.schema_changes;
