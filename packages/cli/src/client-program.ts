import type { Environment } from "@lethe/service-kit/settings";

/** How a program of PostgreSQL's is started so that it reaches a database. */
export interface ClientAccess {
  /** The argument that names the database, without its password. */
  readonly database: string;
  /** The password goes by the environment: everybody on the machine can read arguments. */
  readonly environment: Environment;
}

/** Returns how `psql`, `pg_dump` and their like reach the database of a URL. */
export function clientAccess(databaseUrl: string, environment: Environment): ClientAccess {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = "";
  return {
    database: `--dbname=${url.href}`,
    environment: password === "" ? environment : { ...environment, PGPASSWORD: password },
  };
}
