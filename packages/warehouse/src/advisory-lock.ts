import { type Client, type Pool, withConnection } from "./pool.js";

/** The key of the lock whose name is the first parameter: PostgreSQL knows advisory locks by numbers. */
const KEY = "hashtextextended($1, 0)";

/**
 * Runs `work` while no other process holds the lock of this name, and waits for the one that does. The connection that
 * holds the lock is lent to `work`. When that connection is lost, the lock is free for others, `lost` aborts, and this throws
 * TransientError once `work` has ended. A process can notice it late, or be stopped before it does, so the lock alone protects
 * nothing but what is done on its own connection: whatever else `work` writes has to be fenced (`extraction-fence.ts`,
 * `erasure-fence.ts`). When `signal` aborts, this stops waiting for the lock and throws the signal's reason; it does not
 * interrupt `work`.
 */
export async function withSessionLock<T>(
  pool: Pool,
  name: string,
  work: (client: Client, lost: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const waiting = new AbortController();
  const stopWaiting = () => waiting.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stopWaiting, { once: true });
  return withConnection(
    pool,
    async (client, lost) => {
      await client.query(`select pg_advisory_lock(${KEY})`, [name]);
      waiting.signal.throwIfAborted();
      signal?.removeEventListener("abort", stopWaiting);
      try {
        return await work(client, lost);
      } finally {
        // What fails here was lost, and with it the lock.
        if (!lost.aborted) await client.query(`select pg_advisory_unlock(${KEY})`, [name]);
      }
    },
    { signal: waiting.signal },
  ).finally(() => signal?.removeEventListener("abort", stopWaiting));
}

/** Takes the lock of this name until the transaction ends; waits for whoever holds it. */
export async function lockInTransaction(client: Client, name: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(${KEY})`, [name]);
}

/** Takes the lock of this name until the transaction ends, unless another session holds it. Reports whether it did. */
export async function tryLockInTransaction(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_xact_lock(${KEY}) as taken`, [name]);
  return rows[0]?.taken === true;
}
