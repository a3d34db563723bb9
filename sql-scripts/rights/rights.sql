-- What each service may do in the database, and no more. Not a step: `lethe migrate` runs it after the steps, in one
-- transaction, whenever it or the roles of the server have changed. Every table has a line below, or a test fails.

-- Roles belong to the server: another database of it may have made them already, or make them at the same moment, and
-- whoever migrates may not be allowed to. Then an administrator makes them, and the next `lethe migrate` grants.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['lethe_scheduler', 'lethe_extractor', 'lethe_transformer', 'lethe_loader', 'lethe_merger', 'lethe_analyst']
  loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls', wanted);
      exception
        when duplicate_object or unique_violation then null;
        when insufficient_privilege then raise notice 'role % is not there and may not be created', wanted;
      end;
    end if;
    -- A login that is no superuser must be a member of a role to take it on.
    begin
      if wanted not in ('lethe_merger', 'lethe_analyst') and not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant %I to current_user', wanted);
      end if;
    exception
      when unique_violation or undefined_object or insufficient_privilege then null;
    end;
  end loop;
end $$;

-- A line per table: what the services' roles may do with it, null for nothing. Rows are locked (`for update`, `for
-- share`) by those who may update. Receipts and the log of suppressions are written once: nobody changes or deletes them.
create or replace function ledger.rights() returns table (relation text, role text, privileges text)
language sql immutable
as $$
  select relation, r.role, r.privileges
  from (values
    -- relation                    scheduler                  extractor                 transformer               loader
    ('ledger.runs',               'select, insert, update',  'select, update',         'select',                 'select, insert, update'),
    ('ledger.files',              'select, update (state)',  'select, insert, update', null,                     'select, update'),
    ('ledger.batches',            'select, update',          'select, insert, update', 'select, update',         'select, update'),
    ('ledger.batch_segments',     'select',                  'select, insert',         null,                     'select, update'),
    ('ledger.processed_files',    null,                      null,                     null,                     'select, insert, update'),
    ('ledger.quarantine',
     -- A person decides on a request: approved, or turned down, which masks it.
     'select, update (status, approved_at, resolved_at, payload, payload_encoding)',
                                                             'select, insert',         null,                     'select, insert, update'),
    ('ledger.notices',            'select',                  'select, insert',         null,                     'select, insert'),
    ('ledger.schedules',          'select, insert, update',  null,                     null,                     null),
    -- A batch that is worked on twice writes its report anew.
    ('ledger.schema_changes',     'select',                  null,                     'select, insert, delete', 'select, insert, delete'),
    ('ledger.applied_rights',     'select',                  'select',                 'select',                 'select'),
    ('public.lethe_migrations',   'select',                  'select',                 'select',                 'select'),
    -- A plan of an erasure counts the person's records and looks up their files; it shows none of them.
    ('warehouse.customers',
     'select (id, email, source_file_id)',                   'select (id)',            null,                     'select, insert, update, delete'),
    ('warehouse.customers_history',
     'select (id, email, source_file_id)',                   null,                     null,                     'select, insert, update'),
    ('warehouse.transactions',
     'select (transaction_id, transaction_key, customer_id, source_file_id)',
                                                             null,                     null,                     'select, insert, update'),
    ('warehouse.delivery_addresses',
     'select (transaction_id, transaction_key)',             null,                     null,                     'select, insert, update'),
    ('warehouse.products',        null,                      'select (sku)',           null,                     'select, insert, update'),
    ('warehouse.products_history', null,                     null,                     null,                     'select, insert, update'),
    ('warehouse.purchases',       null,                      null,                     null,                     'select, insert'),
    ('warehouse.erasure_requests', 'select, update (state)', null,                     null,                     'select, insert, update'),
    -- Lifting a suppression is a request to the scheduler.
    ('privacy.suppressions',      'select, update (lifted_at)', null,                  'select',                 'select, insert, update'),
    ('privacy.suppression_epoch', 'select, update (epoch)',  null,                     'select',                 'select, update (epoch)'),
    ('privacy.suppression_log',   'select, insert',          null,                     null,                     null),
    ('privacy.erasure_places',    null,                      null,                     null,                     'select, insert, update'),
    ('privacy.receipts',          'select',                  null,                     null,                     'select, insert')
  ) as d (relation, scheduler, extractor, transformer, loader)
  -- What it refers to it locks, which takes a right to update; what it updates is of no consequence.
  left join (values
    ('warehouse.customers', 'select (id), update (loaded_at)'),
    ('warehouse.products', 'select (sku), update (loaded_at)'),
    ('warehouse.transactions', 'select (transaction_id, transaction_key), insert'),
    ('warehouse.delivery_addresses', 'insert'),
    ('warehouse.purchases', 'insert')
  ) as m (relation, merger) using (relation)
  cross join lateral (values
    ('lethe_scheduler', d.scheduler), ('lethe_extractor', d.extractor),
    ('lethe_transformer', d.transformer), ('lethe_loader', d.loader),
    ('lethe_merger', m.merger)
  ) as r (role, privileges)
$$;

do $$
declare
  service text;
  decided record;
begin
  for service in
    select rolname from pg_roles
    where rolname in ('lethe_scheduler', 'lethe_extractor', 'lethe_transformer', 'lethe_loader', 'lethe_merger')
  loop
    execute format('revoke all on all tables in schema ledger, warehouse, privacy from %I', service);
    execute format('revoke all on schema ledger, warehouse, privacy from %I', service);
    if service <> 'lethe_merger' then
      execute format('grant usage on schema ledger to %I', service);
    end if;
  end loop;

  for decided in
    select distinct split_part(relation, '.', 1) as schema, role
    from ledger.rights() join pg_roles on rolname = role
    where privileges is not null and split_part(relation, '.', 1) in ('warehouse', 'privacy')
  loop
    execute format('grant usage on schema %I to %I', decided.schema, decided.role);
  end loop;

  -- A table may come with a later step than the one that this database is at.
  for decided in
    select relation, role, privileges from ledger.rights() join pg_roles on rolname = role
    where privileges is not null and to_regclass(relation) is not null
  loop
    execute format('grant %s on %s to %I', decided.privileges, decided.relation, decided.role);
  end loop;

  -- The merge gives keys out, whoever of the two it runs as.
  for service in select rolname from pg_roles where rolname in ('lethe_loader', 'lethe_merger') loop
    execute format('grant usage on sequence warehouse.transactions_transaction_key_seq to %I', service);
  end loop;

  if exists (select from pg_roles where rolname = 'lethe_loader') then
    -- An erasure vacuums what it has masked. Before PostgreSQL 17 only a table's owner can.
    if current_setting('server_version_num')::integer >= 170000 then
      grant maintain on warehouse.customers, warehouse.customers_history, warehouse.transactions,
                        warehouse.delivery_addresses, ledger.quarantine to lethe_loader;
    end if;
    begin
      execute format('grant temporary on database %I to lethe_loader', current_database());
    exception
      when insufficient_privilege then raise notice 'lethe_loader may not be allowed to make temporary tables';
    end;
  end if;

  if exists (select from pg_roles where rolname = 'lethe_analyst') then
    grant usage on schema analytics to lethe_analyst;
    grant select on all tables in schema analytics to lethe_analyst;
  end if;
end $$;

-- The merge of transactions proves foreign keys by itself, for a whole batch at once: see `0011_merge_transactions.sql` and `0015_merge_proves_again.sql`.
-- To run without PostgreSQL's row by row checks it needs a right that only a superuser can give, and that no service has: it is
-- with a role that nobody can take on, which owns the functions and may do nothing but what they do.
do $$
declare
  entrances constant text[] := array['warehouse.open_transaction_stage()', 'warehouse.take_transactions()', 'warehouse.merge_transactions()'];
  entrance text;
begin
  -- Whoever took the place of the superuser that gave them away leaves them as they are.
  if not (select bool_and(pg_has_role(proowner, 'USAGE')) from pg_proc where oid = any (entrances::regprocedure[])) then
    return;
  end if;
  foreach entrance in array entrances loop
    execute format('revoke all on function %s from public', entrance);
    if exists (select from pg_roles where rolname = 'lethe_loader') then
      execute format('grant execute on function %s to lethe_loader', entrance);
    end if;
  end loop;

  if not (select rolsuper from pg_roles where rolname = current_user)
     or not exists (select from pg_roles where rolname = 'lethe_merger')
     or current_setting('server_version_num')::integer < 150000 then
    raise notice 'the merge of transactions leaves foreign keys to be checked row by row';
    return;
  end if;
  begin
    grant set on parameter session_replication_role to lethe_merger;
  exception
    -- Parameters belong to the server, where another database may be granting the same at this moment.
    when unique_violation or internal_error then null;
  end;
  execute format('grant temporary on database %I to lethe_merger', current_database());
  foreach entrance in array entrances loop
    execute format('alter function %s owner to lethe_merger', entrance);
    execute format('alter function %s security definer', entrance);
  end loop;
  alter function warehouse.take_transactions() set session_replication_role = origin;
  alter function warehouse.merge_transactions() set session_replication_role = origin;
end $$;
