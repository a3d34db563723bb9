import { TransientError, UnfitDatabaseError } from "@lethe/contracts/errors";
import { hasSqlState, type Pool } from "./pool.js";

/**
 * Checks that a pool's database answers and takes writes, for `/readyz`. Throws UnfitDatabaseError, whose code is the reason:
 * `database_standby`, `database_connections` where the server has none left, or `database_unreachable`.
 */
export async function checkPool(pool: Pool): Promise<void> {
  const { rows } = await pool
    .query<{ isStandby: boolean }>('select pg_is_in_recovery() as "isStandby"')
    .catch((error: unknown) => {
      // A new connection to a standby is refused by the pool itself.
      if (error instanceof TransientError) throw standby(error);
      if (hasSqlState(error) && error.code === TOO_MANY_CONNECTIONS) {
        throw new UnfitDatabaseError("database_connections", "the database server has no connection left", {
          cause: error,
        });
      }
      throw new UnfitDatabaseError("database_unreachable", "the database does not answer", { cause: error });
    });
  if (rows[0]?.isStandby === true) throw standby();
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const TOO_MANY_CONNECTIONS = "53300";

function standby(cause?: unknown): UnfitDatabaseError {
  return new UnfitDatabaseError("database_standby", "the database server is a standby, which takes no writes", {
    cause,
  });
}
