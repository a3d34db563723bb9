import type { FastifyInstance, FastifyRequest } from "fastify";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How many times the limit of wrong tokens applies to an address that has shown the right one. */
const PATIENCE_WITH_KNOWN = 10;

/** Counts per address (for IPv6 per /64 network) and minute, in this process. The results are seconds to wait, 0 for none. */
export interface RateLimits {
  /** Counts a request. Requests with the right token are counted apart from all others. */
  countRequest(request: FastifyRequest, isAdmitted: boolean): Promise<number>;
  /**
   * Called before a token is checked, so that a right guess cannot be told from a wrong one while too many are made. The limit
   * is ten times as high for an address that has shown the right token within the hour, so that someone who guesses there does
   * not lock the others out at once.
   */
  beforeToken(request: FastifyRequest): Promise<number>;
  /** Counts a token that was checked. */
  noteToken(request: FastifyRequest, isRight: boolean): Promise<void>;
}

export interface Limits {
  /** Requests per minute and address; 0 for no limit. */
  readonly requests: number;
  /** Wrong tokens per minute and address. */
  readonly tokenTries: number;
}

// The hour starts again each time. The library supports that for a single counter, although its types do not say so.
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

/** Returns the seconds until an address has attempts again, 0 when it has some left. Counts nothing. */
async function secondsUsedUp(
  counter: ReturnType<FastifyInstance["createRateLimit"]>,
  request: FastifyRequest,
): Promise<number> {
  const count = await counter(request, { increment: false });
  return !count.isAllowed && count.remaining === 0 ? count.ttlInSeconds : 0;
}
