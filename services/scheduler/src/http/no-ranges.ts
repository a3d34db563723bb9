import type { FastifyInstance } from "fastify";

/**
 * Sends files as a whole, whatever part of them is asked for, as RFC 9110 (14.2) allows: all are small, and what sends them answers a
 * range that it cannot satisfy with an error of its own.
 */
export function sendWholeFiles(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ raw }) => {
    raw.headers.range = undefined;
  });
  // Not awaited: a refusal must be on its way before the rest of a request's body is read.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (reply.hasHeader("accept-ranges")) reply.header("accept-ranges", "none");
    done();
  });
}
