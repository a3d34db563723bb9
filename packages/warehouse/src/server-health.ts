import type { Queryable } from "./pool.js";

/** How a database server is at the moment, as far as it concerns what Lethe keeps there. */
export interface ServerHealth {
  /** Settings by which a crash of the machine loses what was committed, or damages it. */
  readonly unsafe: readonly string[];
  /** Connections that an ordinary login may still open. */
  readonly freeConnections: number;
  /** The server's clock, in milliseconds since 1970. */
  readonly nowMs: number;
  /** The services of Lethe that are connected to this database. */
  readonly services: readonly string[];
}

/** Reads how the server of a database is. */
export async function readServerHealth(db: Queryable): Promise<ServerHealth> {
  const { rows } = await db.query<ServerHealth>(
    `select array(select name from unnest(array['fsync', 'full_page_writes']) as name where current_setting(name) = 'off') as unsafe,
            current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
              - (select coalesce(sum(numbackends), 0)::integer from pg_stat_database) as "freeConnections",
            (extract(epoch from clock_timestamp()) * 1000)::double precision as "nowMs",
            array(select distinct substr(application_name, 7) from pg_stat_activity
                  where datname = current_database() and application_name like 'lethe-%') as services`,
  );
  const [health] = rows;
  if (health === undefined) throw new Error("the server gave no row");
  return health;
}
