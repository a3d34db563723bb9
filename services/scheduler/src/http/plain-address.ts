import type { FastifyInstance } from "fastify";
import { problem, sendProblem } from "./problem.js";

/**
 * Refuses addresses that two readers could understand differently: escapes that are no UTF-8, NUL bytes, and in the path also other
 * control characters, slashes and backslashes that are escaped. Nothing here has a name with one of them.
 */
export function refuseOddAddresses(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    if (isPlainAddress(request.raw.url ?? "")) return;
    return sendProblem(reply, problem(400, "input_invalid", ADDRESS_UNREADABLE));
  });
}

const ADDRESS_UNREADABLE =
  "the address has an escape that is not UTF-8, or one of a control character, a slash or a backslash";

/** Reports whether a request's address has one meaning. */
export function isPlainAddress(url: string): boolean {
  const mark = url.indexOf("?");
  const path = unescaped(mark === -1 ? url : url.slice(0, mark));
  const query = unescaped(mark === -1 ? "" : url.slice(mark + 1));
  if (path === undefined || query === undefined || query.includes("\0")) return false;
  return !CONTROL.test(path) && !/%2f|%5c/i.test(mark === -1 ? url : url.slice(0, mark));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/;

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
