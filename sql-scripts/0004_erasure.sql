-- Up Migration

-- Whose record it is, so that an erasure finds a person's records by index. Masked with the payload: afterwards the
-- customer's pseudonym stands here, and no email.
alter table ledger.quarantine
  add column subject_customer_id text,
  add column subject_email       text,
  -- A person has looked at an erasure request whose email is not the customer's, and wants it done.
  add column approved_at         timestamptz;
create index quarantine_of_customer on ledger.quarantine (subject_customer_id) where subject_customer_id is not null;
create index quarantine_of_email on ledger.quarantine (subject_email) where subject_email is not null;

-- Records of suppressed people came in with the file: its archived copy must be masked.
alter table ledger.files
  add column holds_suppressed boolean not null default false;

-- A processed file that is rewritten gets its new length here before it is put in place, so that after a crash the
-- length on disk tells which of the two it is.
alter table ledger.processed_files
  add column next_bytes bigint;

-- The request's way: suppressed -> masked in the warehouse, in quarantine and in files -> completed with a receipt.
alter table warehouse.erasure_requests
  drop constraint erasure_requests_state_check,
  add constraint erasure_requests_state_check check (state in ('suppressed', 'completed', 'lifted')),
  add column key_id        text not null,
  add column run_id        uuid not null references ledger.runs (id),
  add column suppressed_at timestamptz not null default clock_timestamp(),
  add column completed_at  timestamptz,
  -- Every pseudonym that the person's records stand under: more than one where other ids came with the same email.
  add column pseudonyms    text[] not null default '{}',
  -- Whether the person was known anywhere when the request came; one who was not is masked on arrival.
  add column found         boolean not null default false;
-- One request of a person at a time: after a lifted one a new one may come.
alter table warehouse.erasure_requests drop constraint erasure_requests_customer_key_key;
create unique index erasure_requests_of_customer on warehouse.erasure_requests (customer_key) where state <> 'lifted';
create index erasure_requests_open on warehouse.erasure_requests (received_at) where state = 'suppressed';

create index customers_of_email on warehouse.customers (email);
create index customers_history_of_email on warehouse.customers_history (email);

-- What an erasure has masked, place by place: a table, or a file by its path. Written before a file is put in place, so
-- the count survives a crash.
create table privacy.erasure_places (
  erasure_id uuid not null references warehouse.erasure_requests (id),
  place      text not null,
  name       text not null default '',
  records    integer not null,
  values     integer not null,
  primary key (erasure_id, place, name)
);

-- Written once, never changed: each names the hash of the one before it.
create table privacy.receipts (
  sequence      bigint primary key,
  erasure_id    uuid not null unique references warehouse.erasure_requests (id),
  body          jsonb not null,
  previous_hash text not null,
  hash          text not null unique,
  created_at    timestamptz not null default clock_timestamp()
);

-- Who lifted a suppression, when and why: consent came back.
create table privacy.suppression_log (
  id         bigint generated always as identity primary key,
  erasure_id uuid not null references warehouse.erasure_requests (id),
  act        text not null check (act in ('lifted')),
  note       text not null,
  at         timestamptz not null default clock_timestamp()
);

-- Down Migration
drop table privacy.suppression_log;
drop table privacy.erasure_places;
drop index warehouse.customers_of_email, warehouse.customers_history_of_email;
drop table privacy.receipts;
drop index warehouse.erasure_requests_of_customer;
alter table warehouse.erasure_requests
  add constraint erasure_requests_customer_key_key unique (customer_key),
  drop column key_id, drop column run_id, drop column suppressed_at, drop column completed_at, drop column pseudonyms,
  drop column found;
alter table ledger.processed_files drop column next_bytes;
alter table ledger.files drop column holds_suppressed;
alter table ledger.quarantine drop column subject_customer_id, drop column subject_email, drop column approved_at;
