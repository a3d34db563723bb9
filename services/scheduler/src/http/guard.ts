import { RoleRequiredError } from "@lethe/contracts/errors";
import { type Caller, mayAct, UNNAMED_CALLERS } from "@lethe/contracts/roles";
import type { FastifyInstance } from "fastify";
import { CHALLENGE, type IdentifyCaller } from "./access-token.js";
import { isCrossSite, isMisdirected } from "./foreign-request.js";
import { problem, sendProblem, sendTooMany } from "./problem.js";
import { createRateLimits, type Limits } from "./rate-limits.js";

const METRICS_ROUTE = "/metrics";

// Bull Board and swagger-ui set styles on elements; all else comes from this server, and the fonts that Bull Board
// would fetch from elsewhere stay out.
const SECURITY_HEADERS = {
  "content-security-policy": [
    "default-src 'self'",
    "img-src 'self' data:",
    "style-src 'self' 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

/** Who is let in. */
export interface Door {
  readonly identify: IdentifyCaller;
  /** False where whoever can reach the port is an admin; a token that is shown must be right there, too. */
  readonly isTokenRequired: boolean;
}

/**
 * Adds the security headers to every answer, requires a token where one is needed, of the role that the route declares, and
 * enforces the rate limits. The app must have `@fastify/rate-limit`.
 */
export function guard(app: FastifyInstance, { identify, isTokenRequired }: Door, limits: Limits): void {
  const rates = createRateLimits(app, limits);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const { config, url } = request.routeOptions;
    // What a container's health check asks for, without a token and without limit.
    if (config.role === "nobody") return;
    if (!isTokenRequired && isMisdirected(request.headers)) {
      return sendProblem(reply, problem(421, "misdirected", "without a token only a loopback name is served"));
    }
    const { authorization } = request.headers;
    let caller: Caller | undefined = UNNAMED_CALLERS.local;
    if (isTokenRequired || authorization !== undefined) {
      const wait = await rates.beforeToken(request);
      if (wait > 0) return sendTooMany(reply, wait, "too many wrong tokens came from this address");
      caller = await identify(authorization);
      // A browser sends no token with its first request, which is no guess.
      if (authorization !== undefined) await rates.noteToken(request, caller !== undefined);
    }
    if (caller === undefined || url !== METRICS_ROUTE) {
      const wait = await rates.countRequest(request, caller !== undefined);
      if (wait > 0) return sendTooMany(reply, wait, "too many requests came from this address");
    }
    if (caller === undefined) {
      reply.header("www-authenticate", CHALLENGE);
      return sendProblem(reply, problem(401, "token_required", "show the token as Bearer, or as password of Basic"));
    }
    if (isCrossSite(request.method, request.headers)) {
      return sendProblem(reply, problem(403, "cross_site", "another site's page may change nothing here"));
    }
    // An address that leads nowhere has no role: everybody who is let in may know that.
    if (config.role !== undefined && !mayAct(caller.role, config.role)) {
      const { message, code, requiredRole } = new RoleRequiredError(config.role, caller.name, caller.role);
      return sendProblem(reply, { ...problem(403, code, message), requiredRole });
    }
    request.caller = caller;
  });
}
