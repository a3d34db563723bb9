-- Roles belong to the server: another database of it may have made them already, or make them at the same moment, and
-- whoever migrates may not be allowed to. Then an administrator makes them, and the next `lethe migrate` grants.
do $$
declare
  wanted text;
begin
  foreach wanted in array array[{roles}] loop
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
      if wanted = any (array[{roles of services}]) and not (select rolsuper from pg_roles where rolname = current_user) then
        execute format('grant %I to current_user', wanted);
      end if;
    exception
      when unique_violation or undefined_object or insufficient_privilege then null;
    end;
  end loop;

  if exists (select from pg_roles where rolname = 'lethe_loader') then
    begin
      execute format('grant temporary on database %I to lethe_loader', current_database());
    exception
      when insufficient_privilege then raise notice 'lethe_loader may not be allowed to make temporary tables';
    end;
  end if;
end $$;
