import { LostLockError, TransientError } from "@lethe/contracts/errors";
import { type ErasureFence, inErasureTransaction, requireErasures } from "@lethe/warehouse/erasures/erasure-fence";
import { type Client, inTransaction, type Pool } from "@lethe/warehouse/pool";

/** Under what an erasure writes. A run that masks its own files as they are archived has no fence: nobody can take that over. */
export interface FencedContext {
  readonly pool: Pool;
  readonly fence?: ErasureFence;
}

/** Runs `work` in a transaction. Throws LostLockError when somebody else has taken over the erasures. */
export async function inWriteTransaction<T>(
  { pool, fence }: FencedContext,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  return fence === undefined ? inTransaction(pool, work) : inErasureTransaction(pool, fence, work);
}

/** Throws LostLockError when somebody else has taken over the erasures. Call it directly before a file is put in place. */
export async function requireStillHeld({ pool, fence }: FencedContext): Promise<void> {
  if (fence !== undefined) await requireErasures(pool, fence);
}

/** Reports whether an error concerns the work as a whole: the database is away, the work is another's now, or the service stops. */
export function concernsAll(error: unknown): boolean {
  if (error instanceof TransientError || error instanceof LostLockError) return true;
  return error instanceof Error && error.name === "AbortError";
}
