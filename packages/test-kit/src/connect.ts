import { borrow, type Pool } from "@lethe/warehouse/pool";
import type pg from "pg";

/** Takes a connection out of a pool for a test that works on several at once, and gives each back by its `release`. */
export async function connect(pool: Pool): Promise<pg.PoolClient> {
  const { client, release } = await borrow(pool);
  return Object.assign(client as pg.PoolClient, {
    release: (spent?: unknown) => release(spent === undefined || spent === false ? undefined : "spent"),
  });
}
