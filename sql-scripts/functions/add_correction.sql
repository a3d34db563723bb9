-- Closes an open record of quarantine as superseded by a correction, and adds that beside it with its place and its reason. The
-- correction is released: the next replay of its dataset takes it. Returns its id; null if the record is not open.
--
-- Whoever corrects may not add anything else to quarantine, so the owner's right to do so is in this function.
create or replace function ledger.add_correction(
  corrected bigint, note text, corrected_payload text, customer_id text, email text
) returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with superseded as (
    update ledger.quarantine set status = 'superseded', resolved_at = clock_timestamp()
    where id = corrected and status = 'open'
    returning id, dataset, reason, run_id, file_id, line
  )
  insert into ledger.quarantine
    (dataset, reason, run_id, file_id, line, message, payload, subject_customer_id, subject_email, corrects, approved_at)
  select dataset, reason, run_id, file_id, line, note, corrected_payload, customer_id, email, id, clock_timestamp()
  from superseded
  returning id
$$;
