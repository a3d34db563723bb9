import type { LoggedSuppression } from "@lethe/contracts/proof";
import type { Queryable } from "../pool.js";

/** The columns of `privacy.suppressions` in the form in which the log lists them and checkpoints commit to them. */
export const LOGGED_COLUMNS = `subject_id as subject, act, kind, encode(key, 'hex') as key, key_id as "keyId"`;

/** Returns the suppressions that are in force, in the form in which the log lists them and checkpoints commit to them. */
export async function readActiveSuppressions(db: Queryable): Promise<LoggedSuppression[]> {
  const { rows } = await db.query<LoggedSuppression>(
    `select ${LOGGED_COLUMNS} from privacy.suppressions where lifted_at is null`,
  );
  return rows;
}
