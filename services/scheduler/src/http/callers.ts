import { type Caller, UNNAMED_CALLERS } from "@lethe/contracts/roles";
import type { FastifyRequest } from "fastify";
import { type IdentifyCaller, type Identity, shownToken } from "./access-token.js";
import { networkOf } from "./network-of.js";
import { createRateLimits, type Limits, type TriedToken } from "./rate-limits.js";
import { sessionOf } from "./session-cookie.js";

/** Who is let in. */
export interface Door {
  readonly identify: IdentifyCaller;
  /** Finds out who holds a session that a scheduler of this installation has sealed; nobody holds anything else. */
  readonly openSession: (session: string) => Identity;
  /** Returns the session of who signs in with a token. */
  readonly sealToken: (token: string) => string;
  /** False where whoever can reach the port is an admin; a token that is shown must be right there, too. */
  readonly isTokenRequired: boolean;
}

/** Who asks, and by which session; both are undefined for a stranger. */
export interface Known {
  readonly caller: Caller | undefined;
  /** What the cookie holds, where it let the caller in. */
  readonly session: string | undefined;
}

/** Finds out who asks, and counts guesses and requests per network. */
export interface Callers {
  readonly isTokenRequired: boolean;
  /** Finds out who asks: by the header Authorization, or without one by the session's cookie. A wrong one counts as a guess. */
  find(request: FastifyRequest): Promise<Known | { readonly waitSeconds: number }>;
  /**
   * Finds out who asks now by what has let them in before. It is no guess and so is not counted as one, and is looked at however many
   * others there are.
   */
  findAgain(request: FastifyRequest): Promise<Caller | undefined>;
  /** Tries a token that a body shows, as if it stood in the header. */
  tryToken(request: FastifyRequest, token: string): Promise<TriedToken<Caller>>;
  readonly sealToken: (token: string) => string;
  /** Counts a request, of a stranger where there is no caller, and returns the seconds to wait, 0 for none. */
  count(request: FastifyRequest, caller: Caller | undefined): number;
  /** Counts a request of the console's files, apart from all others, and returns the seconds to wait, 0 for none. */
  countFile(request: FastifyRequest): number;
}

/** Creates the counters, and what looks at tokens and cookies. */
export function createCallers({ identify, openSession, sealToken, isTokenRequired }: Door, limits: Limits): Callers {
  const rates = createRateLimits(limits);
  const stranger: Known = { caller: isTokenRequired ? undefined : UNNAMED_CALLERS.local, session: undefined };

  function trySession(request: FastifyRequest, session: string): Promise<TriedToken<Caller>> {
    if (isTokenRequired) return rates.tryToken(networkOfSender(request), () => openSession(session));
    // Nothing is to be gained by guesses here, and a cookie of another port's installation must not lock anybody out.
    return foundBy(openSession(session));
  }

  function identifyHeader(authorization: string): Identity {
    const shown = shownToken(authorization);
    return shown === undefined ? { found: undefined } : identify(shown);
  }

  return {
    isTokenRequired,
    sealToken,

    async find(request) {
      const { authorization } = request.headers;
      if (authorization !== undefined) {
        const tried = await rates.tryToken(networkOfSender(request), () => identifyHeader(authorization));
        return "waitSeconds" in tried ? tried : { caller: tried.found, session: undefined };
      }
      const session = sessionOf(request);
      // A browser sends no token with its first request, which is no guess.
      if (session === undefined) return stranger;
      const tried = await trySession(request, session);
      if ("waitSeconds" in tried) return tried;
      return tried.found === undefined ? stranger : { caller: tried.found, session };
    },

    async findAgain(request) {
      const { authorization } = request.headers;
      if (authorization !== undefined) return (await foundBy(identifyHeader(authorization))).found;
      const session = sessionOf(request);
      if (session === undefined) return stranger.caller;
      return (await foundBy(openSession(session))).found ?? stranger.caller;
    },

    tryToken: (request, token) => rates.tryToken(networkOfSender(request), () => identify(token)),

    count(request, caller) {
      const network = networkOfSender(request);
      return caller === undefined
        ? rates.countRequest(network, "stranger's")
        : rates.countRequest(`${network} ${caller.name}`, "caller's");
    },

    countFile: (request) => rates.countRequest(networkOfSender(request), "file's"),
  };
}

function networkOfSender(request: FastifyRequest): string {
  return networkOf(request.ip ?? "");
}

async function foundBy(identity: Identity): Promise<{ readonly found: Caller | undefined }> {
  return "found" in identity ? identity : { found: await identity.lookUp() };
}
