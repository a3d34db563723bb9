import { StaleSuppressionError } from "@lethe/contracts/errors";
import type { Client, Queryable } from "./pool.js";

export interface StoredSuppressions {
  /** Grows with every change of the list. */
  readonly epoch: number;
  readonly people: readonly { readonly customerKey: Buffer; readonly emailKey: Buffer; readonly keyId: string }[];
}

/** Returns the epoch alone, which tells whether a list that was read before is still current. */
export async function readSuppressionEpoch(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ epoch: number }>("select epoch from privacy.suppression_epoch");
  return rows[0]?.epoch ?? 0;
}

/** Returns the suppression list with its epoch, as of one instant. */
export async function readSuppressions(db: Queryable): Promise<StoredSuppressions> {
  const { rows } = await db.query<{ epoch: number; customer_key: Buffer; email_key: Buffer; key_id: string | null }>(
    `select e.epoch, s.customer_key, s.email_key, s.key_id
     from privacy.suppression_epoch e left join privacy.suppressions s on s.lifted_at is null`,
  );
  return {
    epoch: rows[0]?.epoch ?? 0,
    people: rows.flatMap(({ customer_key: customerKey, email_key: emailKey, key_id: keyId }) =>
      keyId === null ? [] : [{ customerKey, emailKey, keyId }],
    ),
  };
}

/** Counts the people on the suppression list by the id of the key that their hashes were made with. */
export async function countSuppressionsByKey(db: Queryable): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ keyId: string; people: number }>(
    `select key_id as "keyId", count(*) as people
     from privacy.suppressions where lifted_at is null group by key_id order by key_id`,
  );
  return new Map(rows.map(({ keyId, people }) => [keyId, people]));
}

/**
 * Keeps the suppression list from changing until the transaction ends. Throws StaleSuppressionError when its epoch is not the
 * one that the batch was masked under: so no batch commits that was masked under an older list.
 */
export async function requireSuppressionEpoch(client: Client, epoch: number): Promise<void> {
  const { rows } = await client.query<{ epoch: number }>("select epoch from privacy.suppression_epoch for share");
  if (rows[0]?.epoch !== epoch) {
    throw new StaleSuppressionError("the suppression list changed after the batch was masked");
  }
}
