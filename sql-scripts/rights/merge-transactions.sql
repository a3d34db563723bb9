-- A foreign key is checked row by row, which costs more than all the rest of a bulk load; the merge of transactions proves the
-- same for a whole batch by joins. To run without PostgreSQL's checks it needs a right that only a superuser can give, and
-- that no service has: it is with a role that nobody can take on, which owns the functions and may do nothing but what they
-- do. Elsewhere they run with the caller's rights, and PostgreSQL checks each row besides.
do $$
declare
  entrances constant text[] := array['warehouse.open_transaction_stage()', 'warehouse.take_transactions()', 'warehouse.merge_transactions()'];
  entrance text;
  grantee text;
begin
  -- The merge gives keys out, whoever of the two it runs as.
  for grantee in select rolname from pg_roles where rolname in ('lethe_loader', 'lethe_merger') loop
    execute format('grant usage on sequence warehouse.transactions_transaction_key_seq to %I', grantee);
  end loop;

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
