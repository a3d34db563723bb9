import { TransientError } from "@lethe/contracts/errors";
import { cutOffOnAbort } from "./cut-off.js";
import { type Client, connect, type Pool, toConnectionError } from "./pool.js";

/** The key of the lock whose name is the first parameter: PostgreSQL knows advisory locks by numbers. */
const KEY = "hashtextextended($1, 0)";

/**
 * Runs `work` while no other process holds the lock of this name, and waits for the one that does. The connection that
 * holds the lock is lent to `work`. When that connection is lost, the lock is free for others: `work` still runs to its
 * end, and then this throws TransientError. When `signal` aborts, this stops waiting for the lock and throws the signal's
 * reason; it does not interrupt `work`.
 */
export async function withSessionLock<T>(
  pool: Pool,
  name: string,
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const client = await connect(pool);
  let lost: Error | undefined;
  // A connection that breaks emits an event, which would end the process if nothing listened.
  const onError = (error: Error) => {
    lost ??= error;
  };
  client.on("error", onError);
  const stopWatching = cutOffOnAbort(client, signal);
  try {
    await client.query(`select pg_advisory_lock(${KEY})`, [name]).catch((error: Error) => {
      lost ??= error;
      signal?.throwIfAborted();
      throw toConnectionError(error);
    });
    stopWatching();
    signal?.throwIfAborted();
    const result = await work(client).finally(() =>
      client.query(`select pg_advisory_unlock(${KEY})`, [name]).catch(onError),
    );
    if (lost !== undefined) {
      throw new TransientError(`the connection that held the lock "${name}" was lost`, { cause: lost });
    }
    return result;
  } finally {
    stopWatching();
    client.off("error", onError);
    client.release(lost);
  }
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
