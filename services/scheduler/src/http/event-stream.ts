import type { FastifyReply } from "fastify";
import { leavePlaceToOthers } from "./connection-limits.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** True for a route whose answer goes on until its subject or its caller ends it. */
    readonly isStream?: boolean;
  }
}

/** Server-sent events to one caller. */
export interface EventStream {
  /** Sends an event. One that cannot be sent yet, since the caller is slow, gives way to the next. */
  send(event: string, data: unknown): void;
  /** Sends the event `end` behind what there is still to send, and ends the answer. */
  end(): void;
  /** Ends the answer as it is. */
  close(): void;
}

/**
 * Begins an answer of server-sent events. `onClose` is called once, when it has ended for whatever reason. Its connection is treated as one
 * at rest: browsers ask anew when theirs is ended.
 */
export function openEventStream(reply: FastifyReply, onClose: () => void): EventStream {
  const { sse, raw } = reply;
  let next: { readonly event: string; readonly data: unknown } | undefined;
  let isBusy = false;
  let isEnding = false;
  sse.keepAlive();
  raw.once("close", onClose);
  leavePlaceToOthers(raw);
  // At once, so that the caller knows it is listened to.
  sse.sendHeaders();

  function sendNext(): void {
    if (isBusy || !sse.isConnected) return;
    const message = next ?? (isEnding ? { event: "end", data: {} } : undefined);
    if (message === undefined) return;
    const isLast = next === undefined;
    next = undefined;
    isBusy = true;
    sse.send(message).then(
      () => {
        isBusy = false;
        if (isLast) sse.close();
        else sendNext();
      },
      () => sse.close(),
    );
  }

  return {
    send(event, data) {
      if (isEnding) return;
      next = { event, data };
      sendNext();
    },
    end() {
      isEnding = true;
      sendNext();
    },
    close: () => sse.close(),
  };
}
