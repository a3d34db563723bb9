-- Up Migration
-- Effect: rewrites warehouse.erasure_requests; deletes privacy.suppressions, whose content goes to privacy.subject_suppressions
-- A data subject who asked to be forgotten: a person under all ids, emails and names that Lethe has seen of them.
create table privacy.subjects (
  id         uuid primary key default gen_random_uuid(),
  outcome    text not null check (outcome in ('unlink', 'aggregate', 'pseudonymise')),
  created_at timestamptz not null default clock_timestamp()
);

-- One row for each identifier of a subject, as a keyed hash (HMAC-SHA-256) of its canonical form. The key is never here.
create table privacy.subject_suppressions (
  subject_id uuid not null references privacy.subjects (id),
  -- erase: records are masked on arrival. release: so are those that name the subject by another identifier as well, since
  -- somebody else has this one, too. restrict: records are held, and analysts see none. question: records are held until a
  -- person decides.
  act        text not null default 'erase' check (act in ('erase', 'release', 'restrict', 'question')),
  kind       text not null check (kind in ('customer-id', 'email', 'name')),
  key        bytea not null,
  key_id     text not null,
  created_at timestamptz not null default clock_timestamp(),
  lifted_at  timestamptz,
  primary key (subject_id, act, kind, key)
);

alter table warehouse.erasure_requests
  add column subject_id uuid references privacy.subjects (id),
  add column outcome text check (outcome in ('unlink', 'aggregate', 'pseudonymise')),
  -- request: somebody asked. follow-up: an identifier of an erased person arrived later. strengthen: a person was taken on
  -- to a stronger outcome. reapply: an old backup was restored.
  add column kind text not null default 'request' check (kind in ('request', 'follow-up', 'strengthen', 'reapply'));

-- Everybody who is on the list already becomes a subject with one id and one email.
with subject as (
  select s.customer_key, s.email_key, s.key_id, s.created_at, s.lifted_at, gen_random_uuid() as id from privacy.suppressions s
), added as (
  insert into privacy.subjects (id, outcome, created_at) select id, 'pseudonymise', created_at from subject
)
insert into privacy.subject_suppressions (subject_id, kind, key, key_id, created_at, lifted_at)
select id, kind, key, key_id, created_at, lifted_at
from subject cross join lateral (values ('customer-id', customer_key), ('email', email_key)) as identifier (kind, key);
update warehouse.erasure_requests e set subject_id = s.subject_id
from privacy.subject_suppressions s where s.kind = 'customer-id' and s.key = e.customer_key;
-- Who was masked and is not on the list any more.
with subject as (
  update warehouse.erasure_requests set subject_id = gen_random_uuid() where subject_id is null returning subject_id
)
insert into privacy.subjects (id, outcome) select subject_id, 'pseudonymise' from subject;
update warehouse.erasure_requests set outcome = 'pseudonymise';
alter table warehouse.erasure_requests alter column subject_id set not null, alter column outcome set not null;
create index erasure_requests_of_subject on warehouse.erasure_requests (subject_id);
drop index warehouse.erasure_requests_of_customer;
-- Not unique: an id may get a new owner, who may ask as well.
create index erasure_requests_of_customer on warehouse.erasure_requests (customer_key);

drop table privacy.suppressions;
alter table privacy.subject_suppressions rename to suppressions;
create index suppressions_of_identifier on privacy.suppressions (kind, key);

-- What is searched for until an erasure is completed, sealed with a key that is not in the database.
create table privacy.erasure_values (
  erasure_id uuid primary key references warehouse.erasure_requests (id),
  sealed     bytea not null
);

alter table ledger.quarantine drop constraint quarantine_reason_check;
alter table ledger.quarantine add constraint quarantine_reason_check
  check (reason in ('schema', 'duplicate', 'unknown_customer', 'unknown_sku', 'total_mismatch', 'identity_mismatch',
                    'unreadable', 'held'));

-- What a privacy officer has to decide: whose an id or an email is. Until then its identifiers hold new records.
create table privacy.questions (
  -- Also the subject under which its identifiers are on the suppression list, by the act `question`.
  id         uuid primary key references privacy.subjects (id),
  kind       text not null check (kind in ('email_not_theirs', 'unknown_id_known_email', 'shared_email', 'reused_id')),
  -- The erased subject whose identifier a record of somebody else may bear; null for the question of a request.
  subject_id uuid references privacy.subjects (id),
  -- The keyed hash of the identifier that both have.
  key        bytea,
  opened_at  timestamptz not null default clock_timestamp(),
  decided_at timestamptz,
  decision   text,
  check ((decided_at is null) = (decision is null)),
  check ((subject_id is null) = (key is null))
);
create index questions_open on privacy.questions (opened_at) where decided_at is null;

alter table ledger.quarantine
  -- Why a person must decide about an erasure request.
  add column question text check (question in ('email_not_theirs', 'unknown_id_known_email', 'shared_email', 'reused_id')),
  -- The subject or question whose suppression holds the record.
  add column held_for uuid,
  -- Whose data an approved request erases: of its id, of its email, or of both.
  add column approved_subject text check (approved_subject in ('id', 'email', 'both'));
create index quarantine_held_for on ledger.quarantine (held_for) where held_for is not null;
