-- Up Migration
-- Effect: none
-- Places where somebody else's record mentions an erased person by what several people may share (a name, a phone, an
-- address): a person looks at them. No value is kept.
create table privacy.review_findings (
  id          bigint generated always as identity primary key,
  erasure_id  uuid not null references warehouse.erasure_requests (id),
  kind        text not null,
  -- A table, or one of the folders archived_data, processed_data and quarantined_data, and the file's name in it.
  place       text not null,
  name        text not null default '',
  -- The column, for a table; the number of the first record, for a file.
  pointer     text not null default '',
  line        bigint not null default 0,
  records     integer not null,
  created_at  timestamptz not null default clock_timestamp(),
  unique (erasure_id, kind, place, name, pointer)
);

-- Erasures that could not be completed when they were last tried. Nobody else waits for them.
create table privacy.erasure_attempts (
  erasure_id uuid primary key references warehouse.erasure_requests (id),
  attempts   integer not null,
  error_code text not null,
  -- Where it failed: a table, or a folder and the name that Lethe gave the file in it.
  place      text not null,
  name       text not null default '',
  last_at    timestamptz not null,
  next_at    timestamptz not null
);

-- Keys of files that no erasure can search. An erasure destroys all that were there before it.
create table privacy.file_keys (
  file_id      bigint primary key references ledger.files (id),
  -- Sealed with a key that is not in the database; null once it is destroyed.
  sealed       bytea,
  created_at   timestamptz not null default clock_timestamp(),
  destroyed_at timestamptz
);
