import type { World } from "./world.js";

/** Number of an advisory lock. */
const HOLD = 4_711;

/**
 * Makes the database hold up whoever records a further batch of a run that has so many: a moment in the middle of an
 * extraction that stays. Gives what lets go of it.
 */
export async function holdBatchesAfter(world: World, batches: number): Promise<() => Promise<void>> {
  const holder = await world.pool.connect();
  await holder.query(`
    create function hold_batches() returns trigger language plpgsql as $$
    begin
      if (select count(*) from ledger.batches where run_id = new.run_id) >= ${batches} then
        perform pg_advisory_xact_lock(${HOLD});
      end if;
      return new;
    end $$;
    create trigger hold_batches before insert on ledger.batches for each row execute function hold_batches();
    select pg_advisory_lock(${HOLD});`);
  return async () => {
    await holder.query(`select pg_advisory_unlock(${HOLD})`);
    await holder.query("drop function hold_batches cascade");
    holder.release();
  };
}
