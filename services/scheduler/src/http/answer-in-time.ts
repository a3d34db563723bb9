import { LateAnswerError } from "@lethe/contracts/errors";
import type { FastifyInstance } from "fastify";
import { onClosed } from "./on-closed.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** True for a route that looks through files or all that is held on a person. */
    readonly takesLong?: boolean;
  }
}

/** Below the two minutes after which a connection without traffic is closed. */
const LONG_MS = 110_000;

/**
 * Answers a request with 503 when its handler has not answered within `answerMs`, because PostgreSQL or Redis, which give up late
 * or never, do not answer it. What the handler has begun goes on. Fastify's own `handlerTimeout` ends with a request's body, and
 * so does not hold where there is one.
 */
export function answerInTime(app: FastifyInstance, answerMs: number): void {
  app.addHook("preHandler", async (request, reply) => {
    const timer = setTimeout(
      () => {
        // An answer that has begun is none that is late, however long it goes on.
        if (!reply.sent && !reply.raw.headersSent) reply.send(new LateAnswerError(LATE));
      },
      request.routeOptions.config.takesLong === true ? LONG_MS : answerMs,
    );
    reply.raw.once("finish", () => clearTimeout(timer));
    onClosed(reply.raw, () => clearTimeout(timer));
  });
}

const LATE =
  "PostgreSQL or Redis did not answer in time; what was asked for may be done still, so look before you ask again";
