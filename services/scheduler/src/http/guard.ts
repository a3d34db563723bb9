import { RoleRequiredError } from "@lethe/contracts/errors";
import type { Problem } from "@lethe/contracts/problem";
import { mayAct } from "@lethe/contracts/roles";
import { CSRF_HEADER } from "@lethe/contracts/session";
import { isMisdirected } from "@lethe/service-kit/loopback-host";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Callers, Known } from "./callers.js";
import { isCsrfToken } from "./csrf-token.js";
import { isCrossSite, oddityOf } from "./foreign-request.js";
import { problem, sendProblem, sendTooMany } from "./problem.js";
import { sessionOf } from "./session-cookie.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** True for routes of a page that knows nothing of the header against forged requests; see `mayHaveBeenForged`. */
    readonly isForeignPage?: boolean;
    /** How requests of a public route are counted; as a stranger's where it does not say. */
    readonly countsAs?: "a file's" | "its caller's";
  }
  interface FastifyRequest {
    /** Who asks a public route that is counted by its caller. */
    known: Promise<Known | { readonly waitSeconds: number }>;
  }
}

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

/** Answers a request whose address Fastify cannot read, and for which it runs no hooks. */
export type RefuseUnreadable = (request: FastifyRequest, reply: FastifyReply, answer: Problem) => void;

/**
 * Adds the security headers to every answer, requires a token or a session where one is needed, of the role that the route declares,
 * and enforces the rate limits. Returns what does so for requests without hooks.
 */
export function guard(app: FastifyInstance, callers: Callers): RefuseUnreadable {
  const { isTokenRequired } = callers;

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

  app.decorateRequest("known");
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = refusalAtSight(request);
    if (refusal !== undefined) return sendProblem(reply, refusal);
    const { config, url } = request.routeOptions;
    // What a container's health check asks for, without a token and without limit; the answer is a second old at most.
    if (config.role === "nobody") return;
    if (config.role === "public") {
      const wait = await countPublic(request);
      return wait > 0 ? sendTooMany(reply, wait, TOO_MANY_REQUESTS) : undefined;
    }
    const known = await callers.find(request);
    if ("waitSeconds" in known) return sendTooMany(reply, known.waitSeconds, TOO_MANY_TOKENS);
    const { caller, session } = known;
    if (caller === undefined || url !== METRICS_ROUTE) {
      const wait = callers.count(request, caller);
      if (wait > 0) return sendTooMany(reply, wait, TOO_MANY_REQUESTS);
    }
    if (caller === undefined) return askForToken(request, reply);
    if (session !== undefined && mayHaveBeenForged(request, session)) {
      return sendProblem(reply, problem(403, "csrf_token_required", CSRF_TOKEN_REQUIRED));
    }
    request.caller = caller;
    request.isStillAdmitted = () => isAdmitted(request);
    // An address that leads nowhere has no role: everybody who is let in may know that.
    if (config.role !== undefined && !mayAct(caller.role, config.role)) {
      const { message, code, requiredRole } = new RoleRequiredError(config.role, caller.name, caller.role);
      return sendProblem(reply, { ...problem(403, code, message), requiredRole });
    }
  });

  async function countPublic(request: FastifyRequest): Promise<number> {
    const { countsAs } = request.routeOptions.config;
    if (countsAs === "a file's") return callers.countFile(request);
    if (countsAs === undefined) return callers.count(request, undefined);
    request.known = callers.find(request);
    // Where nobody can say who asks, the route decides what that means to it.
    const known = await request.known.catch(() => undefined);
    return callers.count(request, known === undefined || "waitSeconds" in known ? undefined : known.caller);
  }

  async function isAdmitted(request: FastifyRequest): Promise<boolean> {
    const caller = await callers.findAgain(request);
    const { role } = request.routeOptions.config;
    if (caller === undefined) return false;
    return role === undefined || role === "nobody" || role === "public" || mayAct(caller.role, role);
  }

  // Strangers are not told what their addresses lead to; who shows a token, of whom, is not looked at for this.
  return (request, reply, answer) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = refusalAtSight(request);
    if (refusal !== undefined) return void sendProblem(reply, refusal);
    const wait = callers.count(request, undefined);
    if (wait > 0) return void sendTooMany(reply, wait, TOO_MANY_REQUESTS);
    const showsNone = request.headers.authorization === undefined && sessionOf(request) === undefined;
    if (isTokenRequired && showsNone) return void askForToken(request, reply);
    sendProblem(reply, answer);
  };
}

/** The problem of an address from which too many wrong tokens came. */
export const TOO_MANY_TOKENS = "too many wrong tokens came from this address";
const TOO_MANY_REQUESTS = "too many requests came from this address";
const CSRF_TOKEN_REQUIRED =
  "a change needs the header x-csrf-token where a cookie lets its caller in: send the csrfToken of GET /session, or a token in Authorization";

/** Declares the routes of a plugin to be those of a page that knows nothing of sessions, such as Bull Board's. */
export function declareForeign(pages: FastifyInstance): void {
  pages.addHook("onRoute", (route) => {
    route.config = { ...route.config, isForeignPage: true };
  });
}

/**
 * Reports whether a change that a cookie let in may have been asked for by something else than a page that read the session's token.
 * Pages that cannot show it must be named by the browser itself as those of this very origin, which a browser does in a header that no
 * page can set, over https and on loopback.
 */
function mayHaveBeenForged({ method, headers, routeOptions }: FastifyRequest, session: string): boolean {
  if (method === "GET" || method === "HEAD" || isCsrfToken(session, headers[CSRF_HEADER])) return false;
  return routeOptions.config.isForeignPage !== true || headers["sec-fetch-site"] !== "same-origin";
}

/** Asks for a token; where a person opens a page, a browser asks for a password because of `Basic`, which a script must not bring about. */
function askForToken({ headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isOfScript = headers["sec-fetch-dest"] === "empty";
  reply.header("www-authenticate", isOfScript ? BEARER : ['Basic realm="Lethe", charset="UTF-8"', BEARER]);
  return sendProblem(reply, problem(401, "token_required", "show the token as Bearer, or as password of Basic"));
}

/** What a 401 tells a script to show. */
export const BEARER = 'Bearer realm="Lethe"';
