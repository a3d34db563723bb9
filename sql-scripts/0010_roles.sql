-- Up Migration

-- Which `rights/rights.sql` this database has, and for which of the roles: what is not so any more is applied anew. Roles
-- belong to the server, so a copy on another server, or a role that an administrator made later, shows here.
create table ledger.applied_rights (
  only_row      boolean primary key default true check (only_row),
  script_sha256 bytea not null,
  roles         text[] not null,
  applied_at    timestamptz not null default clock_timestamp()
);

-- Down Migration
drop table ledger.applied_rights;
drop function if exists ledger.rights();
