import type pg from "pg";

/** What a database is and how its server is set up, as far as Lethe cannot set it itself. */
export interface DatabaseFacts {
  /** As in `server_version_num`: 150004 is 15.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly encoding: string;
  readonly database: string;
  readonly login: string;
  readonly isSuperuser: boolean;
  /** A standby replays another server's changes. */
  readonly isStandby: boolean;
  /** Whether a new transaction cannot write though the session has asked for it. */
  readonly isReadOnly: boolean;
  readonly replicationRole: string;
  readonly maySetReplicationRole: boolean;
  readonly maxConnections: number;
  /** Connections that are kept for superusers and other privileged roles. */
  readonly reservedConnections: number;
  /** Limits that an administrator has set; null for none. */
  readonly roleLimit: number | null;
  readonly databaseLimit: number | null;
}

/** Reads the facts by a connection that has set nothing but `search_path` and that it may write. */
export async function readDatabaseFacts(client: pg.ClientBase): Promise<DatabaseFacts> {
  const version = await client.query<{ number: number }>(
    "select current_setting('server_version_num')::integer as number",
  );
  const { rows } = await client.query<DatabaseFacts>(selectFacts(version.rows[0]?.number ?? 0));
  const [facts] = rows;
  if (facts === undefined) throw new Error("the database has no row in pg_database");
  return facts;
}

// What a version does not know cannot even stand in a statement: an older one must still be told what it is.
const selectFacts = (versionNumber: number) => `
  select current_setting('server_version_num')::integer as "versionNumber", current_setting('server_version') as version,
         pg_encoding_to_char(d.encoding)::text as encoding, d.datname::text as database, r.rolname::text as login,
         r.rolsuper as "isSuperuser", pg_is_in_recovery() as "isStandby",
         current_setting('transaction_read_only') = 'on' as "isReadOnly",
         current_setting('session_replication_role') as "replicationRole",
         case when r.rolsuper then true
              else ${versionNumber < 150_000 ? "false" : "has_parameter_privilege('session_replication_role', 'set')"}
              end as "maySetReplicationRole",
         current_setting('max_connections')::integer as "maxConnections",
         current_setting('superuser_reserved_connections')::integer
           + coalesce(current_setting('reserved_connections', true)::integer, 0) as "reservedConnections",
         nullif(r.rolconnlimit, -1) as "roleLimit", nullif(d.datconnlimit, -1) as "databaseLimit"
  from pg_database d, pg_roles r
  where d.datname = current_database() and r.rolname = session_user`;
