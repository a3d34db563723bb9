import type { FastifyInstance } from "fastify";
import { CHALLENGE, createTokenCheck } from "./access-token.js";
import { isCrossSite, isMisdirected } from "./foreign-request.js";
import { problem, sendProblem } from "./problem.js";

/** What a container's health check may ask without a token. */
const OPEN_ROUTES: readonly (string | undefined)[] = ["/healthz", "/readyz"];

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

/** Puts the security headers on every answer and lets nobody in without the token, if there is one. */
export function guard(app: FastifyInstance, token: string | undefined): void {
  const isAllowed = token === undefined ? undefined : createTokenCheck(token);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    if (OPEN_ROUTES.includes(request.routeOptions.url)) return;
    if (isAllowed === undefined && isMisdirected(request.headers)) {
      return sendProblem(reply, problem(421, "misdirected", "without a token only a loopback name is served"));
    }
    if (isAllowed !== undefined && !isAllowed(request.headers.authorization)) {
      reply.header("www-authenticate", CHALLENGE);
      return sendProblem(reply, problem(401, "token_required", "show the token as Bearer, or as password of Basic"));
    }
    if (isCrossSite(request.method, request.headers)) {
      return sendProblem(reply, problem(403, "cross_site", "another site's page may change nothing here"));
    }
  });
}
