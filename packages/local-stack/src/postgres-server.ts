import { randomBytes } from "node:crypto";
import { chown, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import pg from "pg";
import type { ServerSpec } from "./keeper-process.js";
import { keepPort } from "./kept-port.js";
import { findPostgresBinaries, type PostgresBinaries } from "./postgres-binaries.js";
import { runProgram, type SystemUser } from "./run-program.js";
import { findServerUser } from "./server-user.js";

const DATABASE = "lethe";
const MAJOR_VERSION = "18";

export interface PostgresOptions {
  /** The stack's folder; the cluster is its `postgres`, made when missing and kept. */
  readonly directory: string;
  /**
   * If false, safety against a crash of the machine is given up for speed. Use it only for data that need not be
   * kept.
   */
  readonly durable: boolean;
  readonly onNote: (note: string) => void;
  /** Is told what was done, and in how many milliseconds. */
  readonly onStep?: ((done: string, ms: number) => void) | undefined;
}

/**
 * Prepares a PostgreSQL server in `directory` and returns how to start it and its URL. The password is made once and kept
 * in a file of mode 0600 beside the cluster, as the port is, and in one that psql and its like read (`pgpass`). Throws ConfigurationError when the cluster is of another version or owner,
 * or cannot be made.
 */
export async function preparePostgres(options: PostgresOptions): Promise<{ spec: ServerSpec; databaseUrl: string }> {
  const { directory } = options;
  const cluster = path.join(directory, "postgres");
  const passwordFile = path.join(directory, "postgres-password");
  const user = (await ownerOf(cluster)) ?? (await findServerUser());
  const binaries = await findPostgresBinaries(user, options.onNote);
  if (!(await holdsCluster(cluster))) {
    const startedAt = performance.now();
    await initialise(cluster, passwordFile, binaries, user);
    options.onStep?.("Created PostgreSQL's data folder", performance.now() - startedAt);
  }
  const password = (await readFile(passwordFile, "utf8")).trim();
  const { port, lost } = await keepPort(directory, "postgres");
  if (lost !== undefined) options.onNote(`port ${lost} is taken; PostgreSQL is on port ${port} from now on`);
  // https://www.postgresql.org/docs/current/libpq-pgpass.html
  await writeFile(passwordFileOf(directory), `127.0.0.1:*:*:${DATABASE}:${password}\n`, { mode: 0o600 });
  return {
    databaseUrl: `postgres://${DATABASE}:${password}@127.0.0.1:${port}/${DATABASE}`,
    spec: {
      name: "PostgreSQL",
      command: binaries.postgres,
      args: [
        "-D",
        seenFromInside(cluster, user),
        ...settingArguments({ port: String(port), ...settings(options.durable) }),
      ],
      cwd: cluster,
      env: { LC_ALL: "C" },
      user,
      stopSignal: "SIGINT",
      readyText: "database system is ready to accept connections",
      stoppingText: "received smart shutdown request",
      logFile: path.join(directory, "postgres.log"),
    },
  };
}

/** Returns the path of the file from which libpq takes the password of a stack's PostgreSQL, by its parameter `passfile`. */
export function passwordFileOf(directory: string): string {
  return path.join(directory, "pgpass");
}

/** Creates the database `lethe` on a running server if it does not exist. */
export async function ensureDatabase(databaseUrl: string): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  // One that breaks between two statements is reported by the next.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const found = await client.query("select from pg_database where datname = $1", [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}

/** Settings for bulk loads on a machine of modest size that the services share. */
function settings(durable: boolean): Record<string, string> {
  return {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    shared_buffers: `${bufferMegabytes()}MB`,
    work_mem: "32MB",
    maintenance_work_mem: "256MB",
    max_wal_size: "4GB",
    checkpoint_timeout: "15min",
    wal_level: "minimal",
    max_wal_senders: "0",
    // Parallel queries share memory in /dev/shm, of which a container has 64 MB.
    max_parallel_workers_per_gather: "0",
    // An error's text quotes the value that it is about: what goes wrong in a record stays out of the log.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
}

/**
 * Returns the size of PostgreSQL's buffers in MB: a fifth of the memory that this process may use, up to 4 GB. Keys of
 * transactions have no order, so a batch touches pages all over the indexes, and what does not fit is written and read
 * again for each batch.
 */
function bufferMegabytes(): number {
  // Without a limit it is 0, or more than there is.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const fifth = Math.floor(Math.min(totalmem(), limit) / 5 / 2 ** 20);
  return Math.min(4_096, Math.max(128, fifth));
}

function settingArguments(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function holdsCluster(cluster: string): Promise<boolean> {
  const version = await readFile(path.join(cluster, "PG_VERSION"), "utf8").catch(() => undefined);
  if (version === undefined) return false;
  if (version.trim() !== MAJOR_VERSION) {
    throw new ConfigurationError(
      `${cluster} was made by PostgreSQL ${version.trim()}, this is ${MAJOR_VERSION}. Move the folder away, or set DATABASE_URL.`,
    );
  }
  return true;
}

/** Returns whom to run an existing cluster as (its owner, when we are root), and undefined when there is no cluster. */
async function ownerOf(cluster: string): Promise<SystemUser | undefined> {
  const found = await stat(cluster).catch(() => undefined);
  const own = process.getuid?.();
  if (found === undefined || own === undefined || found.uid === own) return undefined;
  if (own !== 0) {
    throw new ConfigurationError(`${cluster} belongs to another user. Start as that user, or set DATABASE_URL.`);
  }
  return { uid: found.uid, gid: found.gid };
}

/** Creates the cluster beside its place and then moves it there, so that a start that is cut off leaves no half of one. */
async function initialise(
  cluster: string,
  passwordFile: string,
  binaries: PostgresBinaries,
  user: SystemUser | undefined,
): Promise<void> {
  const unfinished = `${cluster}-unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, `${randomBytes(24).toString("hex")}\n`, { mode: 0o600 });
  if (user !== undefined) {
    await chown(unfinished, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const password = await open(passwordFile);
  try {
    const made = await runProgram(
      binaries.initdb,
      [
        `--pgdata=${seenFromInside(unfinished, user)}`,
        `--username=${DATABASE}`,
        "--auth=scram-sha-256",
        "--pwfile=/dev/fd/3",
        "--encoding=UTF8",
        // Sorts by code point on every machine, and still knows the lower case of letters beyond ASCII.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
      ],
      { cwd: unfinished, user, env: { LC_ALL: "C" }, extraFile: password.fd },
    );
    if (!made.ok) throw new ConfigurationError(`PostgreSQL's data folder could not be made: ${made.problem}`);
  } finally {
    await password.close();
  }
  // Without PG_VERSION there is nothing of worth at the place.
  await rm(cluster, { recursive: true, force: true });
  await rename(unfinished, cluster);
}

/**
 * Returns the path by which a server that is started inside a folder names it. The folders above may be closed to the
 * server's user (root's home is); its own working directory it always reaches.
 */
function seenFromInside(folder: string, user: SystemUser | undefined): string {
  return user !== undefined && process.platform === "linux" ? "/proc/self/cwd" : folder;
}
