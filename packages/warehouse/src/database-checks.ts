import { DATABASE_CONNECTIONS, SERVICE_NAMES } from "@lethe/contracts/services";
import type { DatabaseFacts } from "./database-facts.js";
import { toRole } from "./table-rights.js";

/** One thing that must be so of a database, and that Lethe cannot bring about itself. */
export interface DatabaseCheck {
  /** The code of the error, and the name by which a person asks for the check. */
  readonly code: `database_${string}`;
  /** What is checked, in a few words. */
  readonly title: string;
  /** Whether only those who work on runs, the services, depend on it. */
  readonly isForServices?: boolean;
  /** Returns what is wrong: the setting, its value and the remedy; undefined where all is well. */
  problem(facts: DatabaseFacts): string | undefined;
}

/** Every check of the server's set-up. The first that fails is what a start is refused with. */
export const DATABASE_CHECKS: readonly DatabaseCheck[] = [
  {
    code: "database_version",
    title: "PostgreSQL is of version 15 or newer",
    problem: ({ versionNumber, version }) =>
      versionNumber >= 150_000
        ? undefined
        : `the server is PostgreSQL ${version}, and Lethe needs version 15 or newer: upgrade it, or name another server in DATABASE_URL`,
  },
  {
    code: "database_standby",
    title: "the server is no standby",
    problem: ({ isStandby }) =>
      isStandby
        ? "the server at DATABASE_URL is a standby (pg_is_in_recovery() is true), which takes no writes: name the primary in DATABASE_URL, or promote this one"
        : undefined,
  },
  {
    code: "database_read_only",
    title: "the database takes writes",
    problem: ({ isReadOnly }) =>
      isReadOnly
        ? "transaction_read_only is on though the session has set default_transaction_read_only to off, so nothing can be written: name a server or a pooler in DATABASE_URL that takes writes"
        : undefined,
  },
  {
    code: "database_encoding",
    title: "the database's encoding is UTF8",
    problem: ({ encoding, database }) =>
      encoding === "UTF8"
        ? undefined
        : `the encoding of the database ${database} is ${encoding} (server_encoding), and Lethe needs UTF8, since names are written in every script. The encoding of a database cannot be changed: create another by \`create database lethe template template0 encoding 'UTF8'\` (add \`locale 'C'\` where the server's locale asks for another encoding), and name it in DATABASE_URL`,
  },
  {
    code: "database_replication_role",
    title: "foreign keys and triggers are checked",
    problem: ({ replicationRole, maySetReplicationRole, login, database }) =>
      replicationRole === "origin" || maySetReplicationRole
        ? undefined
        : `session_replication_role is ${replicationRole}, so foreign keys would not be checked, and ${login} may not change it: an administrator has to run \`alter role ${quoted(login)} reset session_replication_role\` and \`alter database ${quoted(database)} reset session_replication_role\`, and take it out of the server's configuration`,
  },
  {
    code: "database_connections",
    title: "the server has connections enough",
    isForServices: true,
    problem: tooFewConnections,
  },
];

/** What commands, and whoever looks into the database by hand, take beside the services. */
const OTHER_CONNECTIONS = 5;

/** The connections that all services and commands of an installation hold at most. */
export const ALL_CONNECTIONS = SERVICE_NAMES.reduce((sum, name) => sum + DATABASE_CONNECTIONS[name], OTHER_CONNECTIONS);

function tooFewConnections(facts: DatabaseFacts): string | undefined {
  const { login, database, isSuperuser, maxConnections, reservedConnections, roleLimit, databaseLimit } = facts;
  const all = ALL_CONNECTIONS;
  const reserved = isSuperuser ? 0 : reservedConnections;
  if (maxConnections - reserved < all) {
    const kept = reserved === 0 ? "" : `, of which ${reserved} are kept for superusers`;
    return `max_connections is ${maxConnections}${kept}, and Lethe's services take up to ${all}: set max_connections to ${all + reserved} or more and restart the server`;
  }
  // Superusers are under neither limit.
  if (isSuperuser) return undefined;
  const own = SERVICE_NAMES.find((name) => login === `${toRole(name)}_login`);
  const needed = own === undefined ? all : DATABASE_CONNECTIONS[own] + 1;
  if (roleLimit !== null && roleLimit < needed) {
    return `the connection limit of the role ${login} is ${roleLimit}, and Lethe takes up to ${needed} with it: run \`alter role ${quoted(login)} connection limit ${needed}\` (or -1 for none)`;
  }
  if (databaseLimit !== null && databaseLimit < all) {
    return `the connection limit of the database ${database} is ${databaseLimit}, and Lethe's services take up to ${all}: run \`alter database ${quoted(database)} connection limit ${all}\` (or -1 for none)`;
  }
  return undefined;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
