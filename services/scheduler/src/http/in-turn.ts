import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { onClosed } from "./on-closed.js";
import { holdSocket } from "./paced-socket.js";

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** How many requests of one connection wait at most until those before them are answered. */
export const MAX_WAITING = 100;
const MAX_WAITING_EVERYWHERE = 5_000;

/**
 * Returns a listener that handles the requests of a connection one after another, since Node reads on while answers are awaited and
 * would have all of them under way at once. While requests wait, no more of their connection is read. Of all that wait, one begins in
 * each turn of the event loop: Node accepts one connection a turn, so newcomers, whose first request does not wait, come in between.
 * A connection of which more is read than may wait is ended.
 */
export function inTurn(handle: Handle): Handle {
  const queues = new WeakMap<Socket, (() => void)[]>();
  const ready: (() => void)[] = [];
  let waiting = 0;

  function beginOne(): void {
    ready.shift()?.();
    if (ready.length > 0) setImmediate(beginOne);
  }

  function answered(queue: (() => void)[], socket: Socket): void {
    if (queue.length === 0 || socket.destroyed) take(queue, socket);
    else if (ready.push(() => take(queue, socket)) === 1) setImmediate(beginOne);
  }

  function take(queue: (() => void)[], socket: Socket): void {
    const next = queue.shift();
    if (next !== undefined) waiting -= 1;
    // The last that waits may have a body that is still to come.
    if (queue.length === 0) holdSocket(socket, false);
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
      onClosed(response, () => answered(own, socket));
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
    holdSocket(socket, true);
  };
}
