import type pg from "pg";

/**
 * Ends a connection when `signal` aborts, whatever runs on it. The server notices soon (see `createPool`), ends that and
 * rolls back: nobody who waits for the transaction's locks waits for a statement that no one wants any more. A cancel
 * request would not be as sure: it does nothing where it overtakes the statement. Returns what stops watching.
 */
export function cutOffOnAbort(client: pg.PoolClient, signal: AbortSignal | undefined): () => void {
  const cutOff = () => {
    void client.end().catch(() => undefined);
  };
  signal?.addEventListener("abort", cutOff, { once: true });
  return () => signal?.removeEventListener("abort", cutOff);
}
