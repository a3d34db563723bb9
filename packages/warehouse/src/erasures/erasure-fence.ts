import { LostLockError } from "@lethe/contracts/errors";
import { withSessionLock } from "../advisory-lock.js";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";

/** The right to take erasures to their end, until somebody else takes it. */
export interface ErasureFence {
  /** The number that taking it raised. */
  readonly token: number;
}

declare const HOLDS: unique symbol;

/** A client in a transaction in which nobody else can take the work on erasures: `inErasureTransaction` alone has one. */
export type ErasureClient = Client & { readonly [HOLDS]: "the erasures" };

/**
 * Runs `work` while no other process works on erasures; waits for the one that does. From then on, whoever did so before writes
 * nothing more; what they have begun to write is waited for. Throws TransientError when the lock's connection is lost.
 */
export async function withErasureLock(pool: Pool, work: (fence: ErasureFence) => Promise<void>): Promise<void> {
  return withSessionLock(pool, "lethe erase", async () => work(await takeErasures(pool)));
}

/** Takes the work on erasures from whoever had it. */
export async function takeErasures(db: Queryable): Promise<ErasureFence> {
  const { rows } = await db.query<{ token: number }>(
    "update privacy.erasure_fence set token = token + 1 returning token",
  );
  return { token: rows[0]?.token ?? 0 };
}

/** Takes the work on erasures and runs `work` in the same transaction, which whoever takes it next waits for. */
export async function takingErasures<T>(pool: Pool, work: (client: ErasureClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await takeErasures(client);
    return work(client as ErasureClient);
  });
}

/**
 * Runs `work` in one transaction, as `inTransaction` does, in which the work on erasures stays with the fence's holder. Throws
 * LostLockError, before `work` begins, when somebody else has taken it.
 */
export async function inErasureTransaction<T>(
  pool: Pool,
  fence: ErasureFence,
  work: (client: ErasureClient) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    await requireToken(client, fence, "for share");
    return work(client as ErasureClient);
  });
}

/**
 * Throws LostLockError when somebody else has taken the work on erasures. For what no transaction covers, such as putting a file
 * in place: it can be lost directly after.
 */
export async function requireErasures(db: Queryable, fence: ErasureFence): Promise<void> {
  await requireToken(db, fence, "");
}

async function requireToken(db: Queryable, { token }: ErasureFence, lock: "for share" | ""): Promise<void> {
  const { rows } = await db.query<{ token: number }>(`select token from privacy.erasure_fence ${lock}`);
  if (rows[0]?.token !== token) {
    throw new LostLockError("another process has taken over the erasures; this one stops");
  }
}
