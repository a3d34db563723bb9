import type { ServerResponse } from "node:http";

/**
 * Calls back once when an answer has ended, or its connection before it. All that wait for one answer share a listener: each library
 * that sends a file adds some, and Node warns of a leak from the eleventh.
 */
export function onClosed(response: ServerResponse, call: () => void): void {
  const waiting = waitingFor.get(response);
  if (waiting !== undefined) {
    waiting.push(call);
    return;
  }
  const calls = [call];
  waitingFor.set(response, calls);
  response.once("close", () => {
    for (const one of calls) one();
  });
}

const waitingFor = new WeakMap<ServerResponse, (() => void)[]>();
