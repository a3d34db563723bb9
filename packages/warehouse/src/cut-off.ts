import { connect } from "node:net";
import type pg from "pg";

/**
 * Ends a connection when `signal` aborts, whatever runs on it: the server is told to cancel that, and rolls back. So nobody
 * who waits for the transaction's locks waits for a statement that no one wants any more. Gives what stops watching.
 */
export function cutOffOnAbort(client: pg.PoolClient, signal: AbortSignal | undefined): () => void {
  const cutOff = () => {
    // A server notices a lost client at its next word to it, which for a long statement is at its end: hence the request.
    void client.end().catch(() => undefined);
    requestCancel(client);
  };
  signal?.addEventListener("abort", cutOff, { once: true });
  return () => signal?.removeEventListener("abort", cutOff);
}

const CANCEL_REQUEST_CODE = 80_877_102;
const PATIENCE_MS = 1_000;

/**
 * Sends PostgreSQL's cancel request on a connection of its own; it needs no rights but the key that the server gave the
 * client (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS).
 */
function requestCancel(client: pg.PoolClient): void {
  const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null };
  if (processID === null || secretKey === null) return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const { host, port } = client;
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.on("error", () => socket.destroy());
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.end(message);
}
