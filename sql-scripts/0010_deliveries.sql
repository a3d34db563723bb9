-- Up Migration
-- Effect: rewrites ledger.files
-- A delivery is its dataset, partition, name and content: the same content in another hour, or under another name, is
-- another delivery, and its records decide.
alter table ledger.files
  -- Of all four, a hash under the privacy key: a name from outside may hold anything about anybody. Null where nothing came.
  add column delivery bytea check (length(delivery) = 32),
  -- What the kept file is: its shape, and whether it is packed. The name that it came under need not say so.
  add column format text check (format in ('json', 'json.gz', 'ndjson', 'ndjson.gz', 'csv', 'csv.gz')),
  -- What it was when it came, in words, if Lethe keeps it in another form than that.
  add column converted_from text,
  -- The kept file is not what came any more: people were masked in it. The same content must not bring them back.
  add column masked boolean not null default false;

update ledger.files
set delivery = sha256, format = substring(path from '\.((?:json|ndjson|csv)(?:\.gz)?)$');

drop index ledger.files_known_content;
create unique index files_known_delivery on ledger.files (dataset, delivery) where state <> 'released';

-- Whose files were masked before this step is not recorded.
update ledger.files set masked = true where kept_path is not null and exists (select from privacy.suppressions);
-- A writer may go on after its file was archived: each run looks at those of the last day.
create index files_done_lately on ledger.files (dataset, done_at) where done_at is not null;
create index files_masked_content on ledger.files (dataset, sha256) where masked or state = 'quarantined';
