import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** How many requests of one connection wait at most until those before them are answered. */
export const MAX_WAITING = 100;
const MAX_WAITING_EVERYWHERE = 5_000;

/**
 * Returns a listener that handles the requests of a connection one after another, since Node reads on while answers are awaited and
 * would have all of them under way at once. Requests that wait cost little, and after each answer the other connections have their
 * turn. A connection that sends more than may wait is ended: no client of HTTP does so but one that means harm.
 */
export function inTurn(handle: Handle): Handle {
  const queues = new WeakMap<Socket, (() => void)[]>();
  let waiting = 0;

  function take(queue: (() => void)[], socket: Socket): void {
    const next = queue.shift();
    if (next !== undefined) waiting -= 1;
    // What comes after an answer that closes the connection can be answered no more, so it must not be done either.
    if (next !== undefined && !socket.destroyed && !socket.writableEnded) {
      next();
      return;
    }
    waiting -= queue.splice(0).length;
    queues.delete(socket);
  }

  return (request, response) => {
    const { socket } = request;
    // The rest of what had arrived when the connection was ended.
    if (socket.destroyed) return;
    const queue = queues.get(socket);
    const begin = (own: (() => void)[]) => {
      response.once("close", () => setImmediate(take, own, socket));
      handle(request, response);
    };
    if (queue === undefined) {
      const own: (() => void)[] = [];
      queues.set(socket, own);
      return begin(own);
    }
    if (queue.length >= MAX_WAITING || waiting >= MAX_WAITING_EVERYWHERE) return void socket.destroy();
    waiting += 1;
    queue.push(() => begin(queue));
  };
}
