import type pg from "pg";

/**
 * Closes a connection when `signal` aborts, whatever runs on it. The server soon notices (see `createPool`), ends the
 * statement and rolls back, so that others need not wait for its locks. A cancel request is less reliable: it has no effect
 * when it arrives before the statement. Returns a function that stops watching the signal.
 */
export function cutOffOnAbort(client: Pick<pg.PoolClient, "end">, signal: AbortSignal | undefined): () => void {
  const cutOff = () => {
    void client.end().catch(() => undefined);
  };
  signal?.addEventListener("abort", cutOff, { once: true });
  return () => signal?.removeEventListener("abort", cutOff);
}
