import type { Queryable } from "../pool.js";

/**
 * Returns the entry in quarantine of the newest request for a customer's id that one of these runs has put there because its email is
 * not the customer's; undefined where there is none.
 */
export async function findMismatch(
  db: Queryable,
  runIds: readonly string[],
  customerId: string,
): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>(
    `select id from ledger.quarantine
     where run_id = any ($1) and reason = 'identity_mismatch' and status = 'open' and subject_customer_id = $2
     order by id desc limit 1`,
    [runIds, customerId],
  );
  return rows[0]?.id;
}
