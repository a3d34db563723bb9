import type { FastifyInstance } from "fastify";
import { CHALLENGE, createTokenCheck } from "./access-token.js";
import { isCrossSite, isMisdirected } from "./foreign-request.js";
import { problem, sendProblem, sendTooMany } from "./problem.js";
import { createRateLimits, type Limits } from "./rate-limits.js";

/** The routes that a container's health check may request without a token and without limit. */
const OPEN_ROUTES: readonly (string | undefined)[] = ["/healthz", "/readyz"];
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

/**
 * Adds the security headers to every answer, requires the token, if there is one, and enforces the rate limits. The app must
 * have `@fastify/rate-limit`.
 */
export function guard(app: FastifyInstance, token: string | undefined, limits: Limits): void {
  const isAllowed = token === undefined ? undefined : createTokenCheck(token);
  const rates = createRateLimits(app, limits);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (OPEN_ROUTES.includes(request.routeOptions.url)) return;
    if (isAllowed === undefined && isMisdirected(request.headers)) {
      return sendProblem(reply, problem(421, "misdirected", "without a token only a loopback name is served"));
    }
    const { authorization } = request.headers;
    let isAdmitted = true;
    if (isAllowed !== undefined) {
      const wait = await rates.beforeToken(request);
      if (wait > 0) return sendTooMany(reply, wait, "too many wrong tokens came from this address");
      isAdmitted = isAllowed(authorization);
      // A browser sends no token with its first request, which is no guess.
      if (authorization !== undefined) await rates.noteToken(request, isAdmitted);
    }
    if (!isAdmitted || request.routeOptions.url !== METRICS_ROUTE) {
      const wait = await rates.countRequest(request, isAdmitted);
      if (wait > 0) return sendTooMany(reply, wait, "too many requests came from this address");
    }
    if (!isAdmitted) {
      reply.header("www-authenticate", CHALLENGE);
      return sendProblem(reply, problem(401, "token_required", "show the token as Bearer, or as password of Basic"));
    }
    if (isCrossSite(request.method, request.headers)) {
      return sendProblem(reply, problem(403, "cross_site", "another site's page may change nothing here"));
    }
  });
}
