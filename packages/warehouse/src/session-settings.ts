import type pg from "pg";

/** A setting of a PostgreSQL session that Lethe depends on. */
export interface SessionSetting {
  readonly name: string;
  /** The value, as SQL writes it behind `set name =`. */
  readonly value: string;
  /** What goes wrong with another value. */
  readonly why: string;
  /** A limit of time: one that stands in the options of DATABASE_URL is the user's wish, and stays. */
  readonly isLimit?: boolean;
  /** SQL that says when it must be set: where the setting exists, and where setting it needs a right that few have. */
  readonly when?: string;
}

/**
 * Every setting of a session that Lethe depends on. Each connection sets them all before it is used, so what a role, a
 * database or the server has set for sessions does not matter. `search_path` comes early: what follows calls functions.
 */
export const SESSION_SETTINGS: readonly SessionSetting[] = [
  { name: "quote_all_identifiers", value: "off", why: "names of tables would be written in another form" },
  {
    name: "search_path",
    value: "pg_catalog, pg_temp",
    why: "a function, an operator or a table of somebody's own would take the place of PostgreSQL's",
  },
  // First of the others, since it ends the session that sets it.
  {
    name: "transaction_timeout",
    value: "0",
    why: "a long merge or erasure would lose its connection",
    isLimit: true,
    when: "current_setting('server_version_num')::integer >= 170000",
  },
  { name: "statement_timeout", value: "0", why: "a large merge or an erasure would be cancelled", isLimit: true },
  { name: "lock_timeout", value: "0", why: "who waits for a run's lock would fail instead", isLimit: true },
  {
    name: "idle_in_transaction_session_timeout",
    value: "0",
    why: "a transaction that waits for files would lose its connection",
    isLimit: true,
  },
  {
    name: "idle_session_timeout",
    value: "0",
    why: "a session that holds a lock, or listens, would lose its connection",
    isLimit: true,
  },
  {
    name: "client_connection_check_interval",
    value: "'500ms'",
    // https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL
    why: "the server would notice a lost client, and free its locks, only at the end of a long statement",
  },
  {
    name: "default_transaction_isolation",
    value: "'read committed'",
    why: "statements that wait for each other would fail with serialization errors, or not see what they waited for",
  },
  { name: "default_transaction_read_only", value: "off", why: "nothing could be written" },
  { name: "default_transaction_deferrable", value: "off", why: "a transaction could wait for all others" },
  {
    name: "synchronous_commit",
    value: "on",
    why: "a crash of the server could lose a batch whose files have been archived",
    // Where fsync is off, somebody has given up that safety for the whole server.
    when: "current_setting('synchronous_commit') = 'off' and current_setting('fsync') = 'on'",
  },
  {
    name: "session_replication_role",
    value: "origin",
    why: "foreign keys and triggers would not be checked",
    when: "current_setting('session_replication_role') <> 'origin'",
  },
  {
    name: "row_security",
    value: "off",
    why: "a policy would hide rows from an erasure; so a statement that one applies to fails instead",
  },
  { name: "client_encoding", value: "'UTF8'", why: "texts would be read and written in another encoding" },
  { name: "DateStyle", value: "'ISO, YMD'", why: "dates and times would be read and written in another form" },
  { name: "IntervalStyle", value: "postgres", why: "intervals would be read and written in another form" },
  { name: "TimeZone", value: "'UTC'", why: "a time without a zone would be taken for local time" },
  { name: "bytea_output", value: "hex", why: "hashes and keys would be written in another form" },
  { name: "extra_float_digits", value: "1", why: "numbers would lose digits as they are read back" },
  { name: "xmloption", value: "content", why: "an erasure could not write XML back that is no whole document" },
  { name: "standard_conforming_strings", value: "on", why: "a backslash in a quoted text would be an escape" },
  { name: "array_nulls", value: "on", why: "a null in an array would be read as the text NULL" },
  { name: "transform_null_equals", value: "off", why: "a comparison with null would be true" },
  { name: "exit_on_error", value: "off", why: "an error that is provided for would end the session" },
  { name: "client_min_messages", value: "notice", why: "the warning that a table was not vacuumed would not arrive" },
  { name: "default_table_access_method", value: "heap", why: "new tables would be of another kind" },
];

/**
 * Returns the statements that set everything that a session depends on, and at the end report whether the server is a
 * standby. `given` names settings in lower case that stay as they are; `role` is the role that the session takes on.
 */
export function sessionStatements(given: ReadonlySet<string>, role?: string): string {
  return [
    ...SESSION_SETTINGS.filter(({ name, isLimit }) => !(isLimit === true && given.has(name.toLowerCase()))).map(
      toStatement,
    ),
    ...(role === undefined ? [] : [`set role ${quoteIdentifier(role)}`]),
    'select pg_is_in_recovery() as "isStandby"',
  ].join(";\n");
}

/**
 * Returns those of a session's settings that are not what they were set to, with their values: something between has set them
 * otherwise. Limits of time are left out, since the URL may set them.
 */
export async function findOtherSettings(db: Pick<pg.ClientBase, "query">): Promise<string[]> {
  const always = SESSION_SETTINGS.filter(({ when, isLimit }) => when === undefined && isLimit !== true);
  const { rows } = await db.query<{ name: string; value: string | null }>(
    "select name, current_setting(name, true) as value from unnest($1::text[]) as wanted (name)",
    [always.map(({ name }) => name)],
  );
  const found = new Map(rows.map(({ name, value }) => [name, value]));
  return always.flatMap(({ name, value }) => {
    const is = found.get(name);
    const wanted = value.replaceAll("'", "");
    return is === undefined || is === null || is.toLowerCase() === wanted.toLowerCase() ? [] : [`${name} is ${is}`];
  });
}

function toStatement({ name, value, when }: SessionSetting): string {
  if (when === undefined) return `set ${name} = ${value}`;
  const text = value.startsWith("'") ? value : `'${value}'`;
  return `select set_config('${name}', ${text}, false) where ${when}`;
}

/** Returns the names, in lower case, of the settings that the options of a database's URL set. */
export function settingsInUrl(databaseUrl: string): ReadonlySet<string> {
  const options = URL.canParse(databaseUrl) ? new URL(databaseUrl).searchParams.get("options") : null;
  const names = (options ?? "").matchAll(/(?:-c\s*|--)([\w.-]+)\s*=/g);
  return new Set([...names].map(([, name = ""]) => name.replaceAll("-", "_").toLowerCase()));
}

const ANSWER_MS = 15_000;

/**
 * Sends a new connection the statements of `sessionStatements`, in one round trip. Returns whether the server is a standby.
 */
export async function prepareSession(client: pg.ClientBase, statements: string): Promise<{ isStandby: boolean }> {
  // Behind a pooler that has no server connection left, a connection is open and gets no answer. The limit is pg's own.
  const query: pg.QueryConfig & { query_timeout: number } = { text: statements, query_timeout: ANSWER_MS };
  const results = await untilUncancelled(() => client.query(query));
  const last = (results as unknown as readonly pg.QueryResult<{ isStandby: boolean }>[]).at(-1);
  return { isStandby: last?.rows[0]?.isStandby === true };
}

const QUERY_CANCELED = "57014";
const MOST_TRIES = 20;

/** Sends a query again that was cancelled: a limit of the role's, of a millisecond, can end what comes before it is lifted. */
export async function untilUncancelled<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      const isCancelled = error instanceof Error && "code" in error && error.code === QUERY_CANCELED;
      if (!isCancelled || tries === MOST_TRIES) throw error;
    }
  }
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
