import { LateAnswerError } from "@lethe/contracts/errors";
import { withTimeout } from "@lethe/service-kit/with-timeout";

/** How many look-ups are under way at most, so that those who guess never hold all connections to the database. */
export const LOOK_UPS_AT_ONCE = 4;
const MAX_WAITING = 1_000;

/**
 * Returns a look-up that throws LateAnswerError when it has no answer within `answerMs`, and of which few are under way at once. One
 * that is late keeps its place until it ends, since it keeps its connection, too.
 */
export function limitLookUps<K, T>(lookUp: (key: K) => Promise<T>, answerMs: number): (key: K) => Promise<T> {
  let underWay = 0;
  const waiting = new Set<() => void>();

  async function lookUpInPlace(key: K, place: Promise<void>): Promise<T> {
    await place;
    try {
      return await lookUp(key);
    } finally {
      const [next] = waiting;
      if (next === undefined) underWay -= 1;
      else {
        waiting.delete(next);
        next();
      }
    }
  }

  return async (key) => {
    if (waiting.size >= MAX_WAITING) throw new LateAnswerError(LATE);
    let take = () => {};
    const place = new Promise<void>((resolve) => {
      take = resolve;
    });
    if (underWay < LOOK_UPS_AT_ONCE) {
      underWay += 1;
      take();
    } else {
      waiting.add(take);
    }
    return withTimeout(lookUpInPlace(key, place), answerMs, () => {
      waiting.delete(take);
      throw new LateAnswerError(LATE);
    });
  };
}

const LATE = "the token could not be looked up in time, since the database does not answer";
