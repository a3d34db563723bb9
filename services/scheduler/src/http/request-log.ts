import type { Logger } from "@lethe/service-kit/logger";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/**
 * Logs every answered request by its route's pattern, without address, query string, headers and body; what comes often, and what
 * nothing limits, at debug level.
 */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const line = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    if (isPolled(route) || isFlood(request, reply)) log.debug(line, "request");
    else log.info(line, "request");
  });
}

const TOKEN_REQUIRED = 401;

/**
 * Reports whether a stranger can have as many such answers as he likes, with which he must not fill the log: all but those that ask for
 * a token, which are counted.
 */
function isFlood({ caller }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return caller === undefined && statusCode !== TOKEN_REQUIRED;
}

/** Reports whether a route is requested every few seconds, by health checks, scrapers or Bull Board. */
function isPolled(route: string): boolean {
  return route === "/healthz" || route === "/readyz" || route === "/metrics" || route.startsWith("/queues");
}
