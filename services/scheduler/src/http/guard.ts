import { RoleRequiredError } from "@lethe/contracts/errors";
import type { Problem } from "@lethe/contracts/problem";
import { type Caller, mayAct, UNNAMED_CALLERS } from "@lethe/contracts/roles";
import { isMisdirected } from "@lethe/service-kit/loopback-host";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CHALLENGE, type IdentifyCaller } from "./access-token.js";
import { isCrossSite, oddityOf } from "./foreign-request.js";
import { networkOf } from "./network-of.js";
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
  "cross-origin-resource-policy": "same-origin",
} as const;

/** Who is let in. */
export interface Door {
  readonly identify: IdentifyCaller;
  /** False where whoever can reach the port is an admin; a token that is shown must be right there, too. */
  readonly isTokenRequired: boolean;
}

/** Answers a request whose address Fastify cannot read, and for which it runs no hooks. */
export type RefuseUnreadable = (request: FastifyRequest, reply: FastifyReply, answer: Problem) => void;

/**
 * Adds the security headers to every answer, requires a token where one is needed, of the role that the route declares, and
 * enforces the rate limits. Returns what does so for requests without hooks.
 */
export function guard(app: FastifyInstance, { identify, isTokenRequired }: Door, limits: Limits): RefuseUnreadable {
  const rates = createRateLimits(limits);

  /** Returns the problem of a request that is not looked at, whoever it comes from. */
  function refusalAtSight(request: FastifyRequest): Problem | undefined {
    const { method, headers, raw } = request;
    const oddity = oddityOf(raw);
    if (oddity !== undefined) return oddity;
    if (!isTokenRequired && isMisdirected(headers)) {
      return problem(421, "misdirected", "without a token only a loopback name is served");
    }
    // Not counted: such pages must not use up what the user of the browser may ask for.
    if (isCrossSite(method, headers)) {
      return problem(403, "cross_site", "another site's page may ask for nothing here");
    }
    return undefined;
  }

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = refusalAtSight(request);
    if (refusal !== undefined) return sendProblem(reply, refusal);
    const { config, url } = request.routeOptions;
    // What a container's health check asks for, without a token and without limit; the answer is a second old at most.
    if (config.role === "nobody") return;
    const { authorization } = request.headers;
    const network = networkOf(request.ip ?? "");
    if (config.role === "public") {
      const wait = rates.countRequest(network, false);
      return wait > 0 ? sendTooMany(reply, wait, TOO_MANY_REQUESTS) : undefined;
    }
    let caller: Caller | undefined;
    // A browser sends no token with its first request, which is no guess.
    if (authorization !== undefined) {
      const tried = await rates.tryToken(network, () => identify(authorization));
      if ("waitSeconds" in tried) {
        return sendTooMany(reply, tried.waitSeconds, "too many wrong tokens came from this address");
      }
      caller = tried.found;
    } else if (!isTokenRequired) {
      caller = UNNAMED_CALLERS.local;
    }
    if (caller === undefined || url !== METRICS_ROUTE) {
      const wait = rates.countRequest(
        caller === undefined ? network : `${network} ${caller.name}`,
        caller !== undefined,
      );
      if (wait > 0) return sendTooMany(reply, wait, TOO_MANY_REQUESTS);
    }
    if (caller === undefined) return askForToken(reply);
    request.caller = caller;
    // An address that leads nowhere has no role: everybody who is let in may know that.
    if (config.role !== undefined && !mayAct(caller.role, config.role)) {
      const { message, code, requiredRole } = new RoleRequiredError(config.role, caller.name, caller.role);
      return sendProblem(reply, { ...problem(403, code, message), requiredRole });
    }
  });
  // Strangers are not told what their addresses lead to; who shows a token, of whom, is not looked at for this.
  return (request, reply, answer) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = refusalAtSight(request);
    if (refusal !== undefined) return void sendProblem(reply, refusal);
    const wait = rates.countRequest(networkOf(request.ip ?? ""), false);
    if (wait > 0) return void sendTooMany(reply, wait, TOO_MANY_REQUESTS);
    if (isTokenRequired && request.headers.authorization === undefined) return void askForToken(reply);
    sendProblem(reply, answer);
  };
}

const TOO_MANY_REQUESTS = "too many requests came from this address";

function askForToken(reply: FastifyReply): FastifyReply {
  reply.header("www-authenticate", CHALLENGE);
  return sendProblem(reply, problem(401, "token_required", "show the token as Bearer, or as password of Basic"));
}
