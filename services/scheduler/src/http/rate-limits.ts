import { createCounter } from "./counter.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_NETWORKS = 10_000;
/** How many times the limit of wrong tokens applies to a network that has shown the right one. */
const PATIENCE_WITH_KNOWN = 10;
/** How many times the limit of wrong tokens applies to all networks together that have not shown the right one. */
const PATIENCE_WITH_ALL = 50;
/** How many times the limit of requests applies to the console's files. */
const FILES_PER_REQUEST = 10;
/** How many requests of a network wait at most until tokens before theirs have been checked. */
const MAX_WAITING = 1_000;

/** Counts per network (`networkOf`) and minute, in this process. */
export interface RateLimits {
  /**
   * Counts a request and returns the seconds to wait, 0 for none. Requests with the right token are counted apart from all others,
   * and by its name besides, so that one token does not use up what others have. Those of files, which cost little and of which a page
   * has many, are counted apart and have a limit that is ten times as high.
   */
  countRequest(counted: string, of: CountedKind): number;
  /**
   * Has a token checked if its network has tries left. Where `check` knows the answer at once, nobody is waited for. What has to be
   * looked up counts as wrong from its arrival until something is found, so that any number of guesses at once are no more than so
   * many one after another. A request that finds all tries taken waits until those before it are decided; when they were wrong, its
   * token is not looked at, be it right or not.
   *
   * The limit is ten times as high for a network that has shown the right token within the hour, so that someone who guesses there
   * does not lock the others out at once. All other networks together have fifty times the limit, so that whoever has many addresses
   * has not as many tries.
   */
  tryToken<T>(network: string, check: () => TokenCheck<T>): Promise<TriedToken<T>>;
}

/** Whose a request is: of a caller who was let in, of a stranger, or of anybody who wants a file that holds no data. */
export type CountedKind = "caller's" | "stranger's" | "file's";

/** What is known of a token at once, `found` being undefined for a wrong one, or how to look it up. */
export type TokenCheck<T> = { readonly found: T | undefined } | { readonly lookUp: () => Promise<T | undefined> };

/** What became of a token; `found` is undefined for a wrong one. */
export type TriedToken<T> = { readonly found: T | undefined } | { readonly waitSeconds: number };

export interface Limits {
  /** Requests per minute and network; 0 for no limit. */
  readonly requests: number;
  /** Wrong tokens per minute and network. */
  readonly tokenTries: number;
}

/** Creates the counters. */
export function createRateLimits(limits: Limits): RateLimits {
  const counters = {
    "caller's": createCounter(MINUTE_MS, MAX_NETWORKS),
    "stranger's": createCounter(MINUTE_MS, MAX_NETWORKS),
    "file's": createCounter(MINUTE_MS, MAX_NETWORKS),
  };
  const wrong = createCounter(MINUTE_MS, MAX_NETWORKS);
  const wrongOfStrangers = createCounter(MINUTE_MS, 1);
  const known = createCounter(HOUR_MS, MAX_NETWORKS);
  const checks = new Map<string, { under: number; readonly waiting: (() => void)[] }>();

  return {
    countRequest(network, of) {
      if (limits.requests === 0) return 0;
      const counter = counters[of];
      const most = of === "file's" ? limits.requests * FILES_PER_REQUEST : limits.requests;
      return counter.add(network) > most ? counter.secondsLeft(network) : 0;
    },

    async tryToken(network, check) {
      const refusal = refusalOf(network);
      if (refusal !== undefined) return refusal;
      const answer = check();
      if ("found" in answer) return decide(network, answer.found);
      // Nothing is awaited between a look at the counts and their change.
      for (;;) {
        const ahead = checks.get(network);
        const refusal = refusalOf(network);
        if (refusal !== undefined) return refusal;
        if (ahead === undefined || wrong.count(network) + ahead.under < triesOf(network)) break;
        if (ahead.waiting.length >= MAX_WAITING) return { waitSeconds: 1 };
        await new Promise<void>((resolve) => ahead.waiting.push(resolve));
      }
      const own = checks.get(network) ?? { under: 0, waiting: [] };
      checks.set(network, own);
      own.under += 1;
      try {
        return decide(network, await answer.lookUp());
      } catch (error) {
        // Whoever guesses the settings' token while the database is away learns as much as from a 401.
        countWrong(network);
        throw error;
      } finally {
        own.under -= 1;
        if (own.under === 0) checks.delete(network);
        for (const go of own.waiting.splice(0)) go();
      }
    },
  };

  function triesOf(network: string): number {
    return limits.tokenTries * (known.count(network) > 0 ? PATIENCE_WITH_KNOWN : 1);
  }

  function refusalOf(network: string): { readonly waitSeconds: number } | undefined {
    if (wrong.count(network) >= triesOf(network)) return { waitSeconds: wrong.secondsLeft(network) };
    if (known.count(network) > 0 || wrongOfStrangers.count(ALL) < limits.tokenTries * PATIENCE_WITH_ALL)
      return undefined;
    return { waitSeconds: wrongOfStrangers.secondsLeft(ALL) };
  }

  function countWrong(network: string): void {
    wrong.add(network);
    if (known.count(network) === 0) wrongOfStrangers.add(ALL);
  }

  function decide<T>(network: string, found: T | undefined): { readonly found: T | undefined } {
    if (found === undefined) countWrong(network);
    else known.restart(network);
    return { found };
  }
}

const ALL = "all";
