import { SchemaVersionError } from "@lethe/contracts/errors";
import type { Step } from "./migration-steps.js";
import { hasSqlState, type Queryable } from "./pool.js";

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const INSUFFICIENT_PRIVILEGE = "42501";

/** What a version of Lethe expects to find in its database. */
export interface SchemaVersion {
  readonly steps: readonly Step[];
  readonly functionsHash: Buffer;
}

/** Throws SchemaVersionError when steps were applied that this version does not know: a newer one has migrated the database. */
export function requireNoNewer(known: readonly Step[], applied: readonly string[]): void {
  const names = new Set(known.map(({ name }) => name));
  const unknown = applied.filter((name) => !names.has(name));
  if (unknown.length === 0) return;
  throw new SchemaVersionError(
    "schema_newer",
    `the database's schema is that of a newer version of Lethe: its newest step is ${newest(applied)}, this version's is ` +
      `${newestStep(known)}, and ${unknown.join(", ")} ${unknown.length === 1 ? "is" : "are"} unknown here. Start the newer version, of all ` +
      "services and of the command. There is no way back but a backup from before the migration",
  );
}

/**
 * Requires, by one query, that the database's schema is still that of this version: for each new connection of a service, since
 * whoever migrates ends those that are open. Throws SchemaVersionError.
 */
export async function requireSameSchema(db: Queryable, { steps, functionsHash }: SchemaVersion): Promise<void> {
  const found = await db
    .query<{ applied: string[]; hasFunctions: boolean | null }>(
      `select array(select name::text from public.lethe_migrations order by name) as applied,
            (select functions_sha256 = $1 from ledger.applied_definitions) as "hasFunctions"`,
      [functionsHash],
    )
    .catch((error: unknown) => {
      // Who may not read the list lacks other rights, too: `requireRights` names them all.
      if (hasSqlState(error) && error.code === INSUFFICIENT_PRIVILEGE) return undefined;
      throw error;
    });
  if (found === undefined) return;
  const [{ applied, hasFunctions } = { applied: [], hasFunctions: null }] = found.rows;
  requireNoNewer(steps, applied);
  const missing = steps.filter(({ name }) => !applied.includes(name));
  if (missing.length > 0) throw behind(steps, applied, missing);
  if (hasFunctions === false) throw otherDefinitions(steps, ["functions"]);
}

/** Returns the error for a database that lacks steps which a service may not apply by itself. */
export function behind(
  known: readonly Step[],
  applied: readonly string[],
  missing: readonly Step[],
): SchemaVersionError {
  const heavy = missing.filter(({ effect }) => effect !== undefined).map(({ name, effect }) => `${name} ${effect}`);
  const why = heavy.length === 0 ? "" : `, and the database holds data, of which ${heavy.join("; ")}`;
  return new SchemaVersionError(
    "schema_older",
    `the database's schema is older than this version of Lethe: its newest step is ${newest(applied)}, this version's is ` +
      `${newestStep(known)}${why}. There is no way back, so stop all services, take a backup, and run \`lethe migrate --backup-taken\` ` +
      "(or `lethe migrate --backup FILE`, which takes one) with the DATABASE_URL of the database's owner; then start this version",
  );
}

/** Returns the error for a database whose functions or rights another build with the same steps has made. */
export function otherDefinitions(known: readonly Step[], what: readonly string[]): SchemaVersionError {
  return new SchemaVersionError(
    "schema_other",
    `the database's ${what.join(" and ")} are those of another build of Lethe with the same newest step, ${newestStep(known)}. Run ` +
      "`lethe migrate` of the build that is to work, which replaces them, and start all services from that build",
  );
}

/** Returns the name of the newest step of a version. */
export function newestStep(steps: readonly Step[]): string {
  return newest(steps.map(({ name }) => name));
}

function newest(names: readonly string[]): string {
  return names.toSorted().at(-1) ?? "none";
}
