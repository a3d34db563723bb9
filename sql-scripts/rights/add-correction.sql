-- Adding a correction takes its owner's rights, so nobody but the scheduler, which asks for it in a person's name, may call it.
do $$
declare
  entrance constant text := 'ledger.add_correction(bigint, text, text, text, text)';
begin
  -- Whoever took the place of the owner that made it leaves it as it is.
  if not (select pg_has_role(proowner, 'USAGE') from pg_proc where oid = entrance::regprocedure) then
    return;
  end if;
  execute format('revoke all on function %s from public', entrance);
  if exists (select from pg_roles where rolname = 'lethe_scheduler') then
    execute format('grant execute on function %s to lethe_scheduler', entrance);
  end if;
end $$;
