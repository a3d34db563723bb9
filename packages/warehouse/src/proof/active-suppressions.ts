import type { LoggedSuppression } from "@lethe/contracts/proof";
import type { Queryable } from "../pool.js";

/** Returns the suppressions that are in force, in the form in which the log lists them and checkpoints commit to them. */
export async function readActiveSuppressions(db: Queryable): Promise<LoggedSuppression[]> {
  const { rows } = await db.query<LoggedSuppression>(
    `select encode(customer_key, 'hex') as subject, 'erase' as act, i.kind, encode(i.key, 'hex') as key, key_id as "keyId"
     from privacy.suppressions
     cross join lateral (values ('customer-id', customer_key), ('email', email_key)) as i (kind, key)
     where lifted_at is null`,
  );
  return rows;
}
