import { ConfigurationError } from "@lethe/contracts/errors";
import pg from "pg";

const ANSWER_MS = 10_000;

/**
 * Checks that a PostgreSQL server answers at a URL of the user's. Throws ConfigurationError that names DATABASE_URL and
 * the host, never the password.
 */
export async function checkDatabaseAnswers(databaseUrl: string): Promise<void> {
  const host = hostOf("DATABASE_URL", databaseUrl, ["postgres:", "postgresql:"]);
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: ANSWER_MS });
  // A connection that breaks later than its failure is reported by the query below.
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
  } catch (error) {
    throw new ConfigurationError(`no PostgreSQL answers at DATABASE_URL (${host}): ${reasonOf(error)}`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Returns `host:port` of a URL. The error of a URL that cannot be read quotes it, so it is not passed on. */
function hostOf(setting: string, text: string, protocols: readonly string[]): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol)) {
    throw new ConfigurationError(`${setting} is not a URL that starts with ${protocols[0]}//`);
  }
  return url.host;
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : "unknown error";
}
