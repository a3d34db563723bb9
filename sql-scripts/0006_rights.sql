-- Up Migration
-- Effect: none

-- Who may use the API. A token is 256 random bits, so its plain SHA-256 hides it; a revoked one keeps its name, since what
-- was decided under it refers to that name.
create table privacy.api_tokens (
  id         text primary key check (id ~ '^[0-9a-f]{16}$'),
  name       text not null unique check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(name) <= 64),
  role       text not null check (role in ('viewer', 'operator', 'privacy-officer', 'admin')),
  sha256     bytea not null check (length(sha256) = 32),
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz
);

-- Who decided what about whose data, and why. Written once, never changed.
create table privacy.acts (
  id            bigint generated always as identity primary key,
  act           text not null,
  -- The name of a token, or `local`, `LETHE_API_TOKEN` or `command-line`.
  acted_by      text not null,
  -- The request in quarantine that was decided on.
  quarantine_id bigint references ledger.quarantine (id),
  erasure_id    uuid references warehouse.erasure_requests (id),
  reason        text,
  acted_at      timestamptz not null default clock_timestamp()
);
create index acts_on_quarantined on privacy.acts (quarantine_id) where quarantine_id is not null;
create index acts_on_erasure on privacy.acts (erasure_id) where erasure_id is not null;

-- The record in quarantine that a request was approved from: what was decided about it goes on.
alter table warehouse.erasure_requests add column quarantine_id bigint references ledger.quarantine (id);
create index erasure_requests_of_quarantined on warehouse.erasure_requests (quarantine_id) where quarantine_id is not null;

-- Since when the person's data is restricted (GDPR Art. 18): kept, and hidden from analysts.
alter table warehouse.customers add column restricted_at timestamptz;
create index customers_restricted on warehouse.customers (id) where restricted_at is not null;
