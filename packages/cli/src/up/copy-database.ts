import { createPool, type Pool } from "@lethe/warehouse/pool";

const PREFIX = "lethe_before_";
const KEPT_DAYS = 7;

/**
 * Copies a database of the local stack, to which nobody is connected, on its own server, under a name that says before which
 * step. Former copies are dropped. Returns a note for the person.
 */
export async function copyDatabase(databaseUrl: string, newestStep: string): Promise<string> {
  const { database, serverUrl } = placeOf(databaseUrl);
  return withServer(serverUrl, async (pool) => {
    await dropCopies(pool, 0);
    const copy = `${PREFIX}${newestStep}`;
    await pool.query(`create database ${quoted(copy)} template ${quoted(database)} strategy file_copy`);
    // A database does not know when it was made.
    await pool.query(`comment on database ${quoted(copy)} is '${new Date().toISOString()}'`);
    return (
      `the database was copied to ${copy} before it is changed; to return to it, connect to the database postgres of this server (stack.json in ` +
      `DATA_DIR has its URL), run \`drop database ${quoted(database)} with (force)\` and \`alter database ${quoted(copy)} rename to ${quoted(database)}\` at ` +
      `once, and start the older version. The copy is dropped by the first start after ${KEPT_DAYS} days: until then it also holds people who are erased meanwhile`
    );
  });
}

/** Drops copies that are older than a week. */
export async function dropOldCopies(databaseUrl: string): Promise<void> {
  await withServer(placeOf(databaseUrl).serverUrl, (pool) => dropCopies(pool, KEPT_DAYS));
}

async function dropCopies(pool: Pool, days: number): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select datname::text as name from pg_database
     where starts_with(datname, $1)
       and coalesce(shobj_description(oid, 'pg_database')::timestamptz, '-infinity') <= now() - make_interval(days => $2)`,
    [PREFIX, days],
  );
  for (const { name } of rows) await pool.query(`drop database ${quoted(name)}`);
}

async function withServer<T>(serverUrl: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool(serverUrl, 1, "lethe-copy");
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

function placeOf(databaseUrl: string): { readonly database: string; readonly serverUrl: string } {
  const url = new URL(databaseUrl);
  const database = decodeURIComponent(url.pathname.slice(1));
  url.pathname = "/postgres";
  return { database, serverUrl: url.href };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
