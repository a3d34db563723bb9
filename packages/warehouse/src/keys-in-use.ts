import type { Queryable } from "./pool.js";

/** What the database holds that only the keys which made it recognise. */
export interface KeysInUse {
  /** The ids of the keys that the suppression list needs. */
  readonly ids: readonly string[];
  /** Whether it knows deliveries, by hashes of a key whose id it does not hold. */
  readonly hasDeliveries: boolean;
}

/** Reads which privacy keys the database was used with. */
export async function readKeysInUse(db: Queryable): Promise<KeysInUse> {
  const { rows } = await db.query<KeysInUse>(
    `select array(
       select key_id from privacy.suppressions
       where lifted_at is null or (kind = 'customer-id' and act = 'erase') group by key_id order by key_id
     ) as ids, exists (select from ledger.files where delivery is not null) as "hasDeliveries"`,
  );
  return rows[0] ?? { ids: [], hasDeliveries: false };
}
