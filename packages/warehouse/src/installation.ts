import { randomUUID } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { InstallationStore } from "@lethe/contracts/installation";
import { type Client, inTransaction, type Pool, type Queryable } from "./pool.js";

/** Returns the id of the installation that the database belongs to; undefined before its first service has started. */
export async function readInstallation(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>("select id from ledger.installation");
  return rows[0]?.id;
}

/**
 * Requires that the database and the data folder belong together, and returns the id of their installation. Where neither
 * knows one, as before the first start, it makes one; a new database takes that of its folder. Throws ConfigurationError, which
 * says what to do, when the folder is another installation's, or has no marker though the database knows of one.
 */
export async function joinInstallation(pool: Pool, folder: InstallationStore): Promise<string> {
  return inTransaction(pool, async (client) => {
    // Services that start together wait for each other, so that none sees the one's id and not the other's.
    await lockInstallation(client);
    const known = await readInstallation(client);
    const marked = await folder.read();
    if (known !== undefined) {
      if (marked === undefined) throw new ConfigurationError(unmarked(folder.name));
      if (marked !== known) throw new ConfigurationError(foreign(folder.name));
      return known;
    }
    const id = marked ?? (await folder.create(randomUUID()));
    await client.query("insert into ledger.installation (id) values ($1)", [id]);
    return id;
  });
}

/** What must hold for a new folder to take the place of the one that the database had. */
export interface Succession {
  /** Reports whether nobody is at work elsewhere, as on the queues. */
  readonly isFree: () => Promise<boolean>;
  /** Throws what keeps the folder from being taken. */
  readonly require: (client: Queryable) => Promise<void>;
}

/**
 * Marks a folder without a marker as the database's, unless a service is at work. Reports whether it did so. The installation
 * gets a new id: a service on the folder that it had before, which was about to start, finds that its marker is another's.
 */
export async function succeedFolder(pool: Pool, folder: InstallationStore, succession: Succession): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    await lockInstallation(client);
    if ((await readInstallation(client)) === undefined || (await folder.read()) !== undefined) return false;
    // A service is connected before it waits for the lock, so it is seen here, or it sees the new id.
    if ((await hasServices(client)) || !(await succession.isFree())) return false;
    await succession.require(client);
    const id = await folder.create(randomUUID());
    await client.query("update ledger.installation set id = $1", [id]);
    return true;
  });
}

/** Marks a folder as the database's installation's, whatever it was before. Returns the installation's id. */
export async function adoptFolder(pool: Pool, folder: InstallationStore): Promise<string> {
  const known = await readInstallation(pool);
  if (known === undefined) return joinInstallation(pool, folder);
  await folder.replace(known);
  return known;
}

/** Reports whether a service is connected to the database that this process belongs to. */
export async function hasServices(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(
    `select from pg_stat_activity
     where datname = current_database()
       and application_name in ('lethe-scheduler', 'lethe-extractor', 'lethe-transformer', 'lethe-loader')`,
  );
  return rows.length > 0;
}

async function lockInstallation(client: Client): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtext('lethe installation'))");
}

const ACCEPT =
  "If it is meant to be this installation's from now on (it was restored, or its files were lost), run `lethe data adopt` with the same DATA_DIR, once";

function unmarked(name: string): string {
  return (
    `${name} is not the folder that the database's installation works on: it has no .lethe-installation. Services that do not share one ` +
    "folder lose sight of each other's files. Mount the installation's folder there, or name it in DATA_DIR, on every host. " +
    ACCEPT
  );
}

function foreign(name: string): string {
  return (
    `${name} belongs to another installation than the database: its .lethe-installation holds another id. Set DATA_DIR and DATABASE_URL to the ` +
    `folder and the database of one installation, the same for all services. ${ACCEPT}`
  );
}
