import { expect } from "vitest";
import type { World } from "./world.js";

/** Number of an advisory lock. */
const HOLD = 4_711;

/**
 * Creates the database hold up whoever records a further batch of a run that has so many: a moment in the middle of an
 * extraction that stays. Returns what lets go of it.
 */
export function holdBatchesAfter(world: World, batches: number): Promise<() => Promise<void>> {
  return hold(
    world,
    "before insert on ledger.batches",
    `(select count(*) from ledger.batches where run_id = new.run_id) >= ${batches}`,
  );
}

/** Likewise for whoever is about to note that a batch is in a state, when so many have come to it. */
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

/** Likewise for whoever is about to note that the first part of a processed file is published. */
export function holdPublications(world: World): Promise<() => Promise<void>> {
  return hold(world, "before insert on ledger.processed_files", "true");
}

async function hold(world: World, event: string, condition: string): Promise<() => Promise<void>> {
  const holder = await world.pool.connect();
  await holder.query(`
    create function hold_batches() returns trigger language plpgsql as $$
    begin
      if ${condition} then
        perform pg_advisory_xact_lock(${HOLD});
      end if;
      return new;
    end $$;
    create trigger hold_batches ${event} for each row execute function hold_batches();
    select pg_advisory_lock(${HOLD});`);
  return async () => {
    await holder.query(`select pg_advisory_unlock(${HOLD})`);
    await holder.query("drop function hold_batches cascade");
    holder.release();
  };
}

/** Waits until so many connections of a service are held up, here or behind one that is. */
export async function untilHeldUp(world: World, application: string, connections = 1): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await world.pool.query(
          `select from pg_stat_activity a join pg_locks l using (pid)
           where a.datname = current_database() and a.application_name = $1
             and l.locktype = 'advisory' and not l.granted`,
          [application],
        );
        return rows.length;
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBeGreaterThanOrEqual(connections);
}
