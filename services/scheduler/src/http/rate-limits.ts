import type { FastifyInstance, FastifyRequest } from "fastify";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How many times the wrong tokens of others an address may bear before its own right one is not looked at either. */
const PATIENCE_WITH_KNOWN = 10;

/** Counts per address (of IPv6 its /64 network) and minute, in this process. Each gives seconds to wait, 0 for none. */
export interface RateLimits {
  /** Counts a request; those that show the right token are not counted with those that do not. */
  countRequest(request: FastifyRequest, isAdmitted: boolean): Promise<number>;
  /**
   * Asked before a token is looked at, so that a right guess looks like a wrong one while too many are made. An address
   * that has shown the right token within the hour may bear ten times as many: who guesses there must not lock its
   * neighbours out at once.
   */
  beforeToken(request: FastifyRequest): Promise<number>;
  /** Notes whether the token that was shown was the right one. */
  noteToken(request: FastifyRequest, isRight: boolean): Promise<void>;
}

export interface Limits {
  /** Requests a minute and address; 0 for as many as come. */
  readonly requests: number;
  /** Wrong tokens a minute and address. */
  readonly tokenTries: number;
}

// The hour begins anew each time, which the library can do for a single counter though its types do not say so.
const SINCE_LAST_SHOWN = { max: 1, timeWindow: HOUR_MS, continueExceeding: true };

/** Creates the counters. The app must have `@fastify/rate-limit`. */
export function createRateLimits(app: FastifyInstance, limits: Limits): RateLimits {
  const counter = (max: number) => app.createRateLimit({ max, timeWindow: MINUTE_MS });
  const admitted = counter(limits.requests);
  const strangers = counter(limits.requests);
  const tries = counter(limits.tokenTries);
  const triesBesideKnown = counter(limits.tokenTries * PATIENCE_WITH_KNOWN);
  const known = app.createRateLimit(SINCE_LAST_SHOWN);
  return {
    async countRequest(request, isAdmitted) {
      if (limits.requests === 0) return 0;
      const count = await (isAdmitted ? admitted : strangers)(request);
      return !count.isAllowed && count.isExceeded ? count.ttlInSeconds : 0;
    },
    async beforeToken(request) {
      const isKnown = (await secondsUsedUp(known, request)) > 0;
      return secondsUsedUp(isKnown ? triesBesideKnown : tries, request);
    },
    async noteToken(request, isRight) {
      if (isRight) await known(request);
      else await Promise.all([tries(request), triesBesideKnown(request)]);
    },
  };
}

/** Returns for how many seconds nothing is left to an address, without counting. */
async function secondsUsedUp(
  counter: ReturnType<FastifyInstance["createRateLimit"]>,
  request: FastifyRequest,
): Promise<number> {
  const count = await counter(request, { increment: false });
  return !count.isAllowed && count.remaining === 0 ? count.ttlInSeconds : 0;
}
