import type { Queryable } from "./pool.js";

/** Where a database is, without whoever logs in: its server and its name. */
export interface DatabasePlace {
  /** `postgres://host:port`. */
  readonly server: string;
  readonly database: string;
}

/** Reads where a database is: its name as the database itself says it, since a pooler may give it another. */
export async function readDatabasePlace(db: Queryable, databaseUrl: string): Promise<DatabasePlace> {
  const { rows } = await db.query<{ name: string }>("select current_database()::text as name");
  return { server: serverOf(databaseUrl), database: rows[0]?.name ?? "" };
}

function serverOf(databaseUrl: string): string {
  // The library that connects may understand what is no URL to others.
  if (!URL.canParse(databaseUrl)) return "postgres://localhost:5432";
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const host = searchParams.get("host") ?? decodeURIComponent(hostname);
  return `postgres://${hostInUri(host)}:${searchParams.get("port") ?? (port === "" ? "5432" : port)}`;
}

function hostInUri(host: string): string {
  // A path is that of a socket.
  if (host === "" || host.startsWith("/")) return "localhost";
  const isBareV6 = host.includes(":") && !host.startsWith("[");
  return isBareV6 ? `[${host}]` : host;
}
