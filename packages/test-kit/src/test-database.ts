import { randomBytes } from "node:crypto";
import pg from "pg";

/** A migrated database that is only there to be copied. Plain data, so that it can be handed to a test's process. */
export interface TemplateDatabase {
  /** Some other database of the server, from which databases are made and dropped. */
  readonly serverUrl: string;
  readonly name: string;
}

export interface TestDatabase {
  readonly url: string;
  /** Drops it, with the connections that a test left open. */
  drop(): Promise<void>;
}

/**
 * Creates a database of a new name on the server of `databaseUrl` and migrates it once, for `cloneDatabase` to copy.
 * `migrate` gets its URL and must close its connections. `dropTemplateDatabase` drops it.
 */
export async function createTemplateDatabase(
  databaseUrl: string,
  migrate: (url: string) => Promise<void>,
): Promise<TemplateDatabase> {
  const name = newName("template");
  await execute(databaseUrl, `create database ${pg.escapeIdentifier(name)}`);
  try {
    await migrate(urlOf(databaseUrl, name));
    // A connection would keep it from being copied.
    await execute(databaseUrl, `alter database ${pg.escapeIdentifier(name)} allow_connections false`);
  } catch (error) {
    await dropDatabase(databaseUrl, name);
    throw error;
  }
  return { serverUrl: databaseUrl, name };
}

/**
 * Returns a new database without a table on the server of `databaseUrl`. `attributes` is what stands behind `create database`'s
 * name.
 */
export async function createDatabase(databaseUrl: string, attributes = ""): Promise<TestDatabase> {
  const name = newName("test");
  await execute(databaseUrl, `create database ${pg.escapeIdentifier(name)} ${attributes}`);
  return { url: urlOf(databaseUrl, name), drop: () => dropDatabase(databaseUrl, name) };
}

/** Returns a new database that is a copy of the template. */
export async function cloneDatabase(template: TemplateDatabase): Promise<TestDatabase> {
  const name = newName("test");
  await execute(
    template.serverUrl,
    `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template.name)}`,
  );
  return { url: urlOf(template.serverUrl, name), drop: () => dropDatabase(template.serverUrl, name) };
}

/** Drops a template database. */
export async function dropTemplateDatabase(template: TemplateDatabase): Promise<void> {
  await dropDatabase(template.serverUrl, template.name);
}

async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await execute(serverUrl, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function newName(purpose: string): string {
  return `lethe_${purpose}_${randomBytes(8).toString("hex")}`;
}

function urlOf(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
