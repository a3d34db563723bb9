import { expect } from "vitest";
import { connect } from "./connect.js";
import type { World } from "./world.js";

/** Number of an advisory lock. */
const HOLD = 4_711;

/**
 * Blocks every transaction that inserts a batch into a run that already has at least `batches` batches, so that a
 * test can act in the middle of an extraction. Returns a function that releases the blocked transactions and removes
 * the block.
 */
export function holdBatchesAfter(world: World, batches: number): Promise<() => Promise<void>> {
  return hold(
    world,
    "before insert on ledger.batches",
    `(select count(*) from ledger.batches where run_id = new.run_id) >= ${batches}`,
  );
}

/**
 * Blocks every transaction that marks a batch as `state` once `batches` batches of its run are in that state or
 * loaded. Returns a function that releases the blocked transactions and removes the block.
 */
export function holdBatchesAt(
  world: World,
  state: "transformed" | "loaded",
  batches: number,
): Promise<() => Promise<void>> {
  return hold(
    world,
    "before update on ledger.batches",
    `new.state = '${state}' and old.state <> new.state
     and (select count(*) from ledger.batches
          where run_id = new.run_id and state in ('${state}', 'loaded')) >= ${batches}`,
  );
}

/**
 * Blocks every transaction that records the publication of a processed file. Returns a function that releases the
 * blocked transactions and removes the block.
 */
export function holdPublications(world: World): Promise<() => Promise<void>> {
  return hold(world, "before insert on ledger.processed_files", "true");
}

async function hold(world: World, event: string, condition: string): Promise<() => Promise<void>> {
  const holder = await connect(world.pool);
  await holder.query(`
    create function public.hold_batches() returns trigger language plpgsql as $$
    begin
      if ${condition} then
        perform pg_advisory_xact_lock(${HOLD});
      end if;
      return new;
    end $$;
    create trigger hold_batches ${event} for each row execute function public.hold_batches();
    select pg_advisory_lock(${HOLD});`);
  return async () => {
    await holder.query(`select pg_advisory_unlock(${HOLD})`);
    await holder.query("drop function public.hold_batches cascade");
    holder.release();
  };
}

/**
 * Waits until at least `connections` connections of a service are blocked, by the block or behind a transaction that
 * is.
 */
export async function untilHeldUp(world: World, application: string, connections = 1): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await world.pool.query(
          `with recursive held (pid) as (
             select pid from pg_locks
             where locktype = 'advisory' and not granted and (classid, objid) = (0, $2)
               and database = (select oid from pg_database where datname = current_database())
             union
             select a.pid from held join pg_stat_activity a on held.pid = any (pg_blocking_pids(a.pid))
           )
           select from held join pg_stat_activity a using (pid) where a.application_name = $1`,
          [application, HOLD],
        );
        return rows.length;
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBeGreaterThanOrEqual(connections);
}
