import type { Logger } from "@lethe/service-kit/logger";
import type { FastifyInstance } from "fastify";

/** Logs every answered request by its route's pattern, without address, query string, headers and body; what comes often, at debug level. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const line = { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    if (isPolled(route) || reply.statusCode === TOO_MANY) log.debug(line, "request");
    else log.info(line, "request");
  });
}

/** Refused by a limit: a flood must not fill the log. */
const TOO_MANY = 429;

/** Reports whether a route is requested every few seconds, by health checks, scrapers or Bull Board. */
function isPolled(route: string): boolean {
  return route === "/healthz" || route === "/readyz" || route === "/metrics" || route.startsWith("/queues");
}
