/**
 * Returns a function that asks at most once a second, and answers everybody who asks in between with what it knows: any number of
 * callers cost what one costs. Those who ask while an answer is on its way wait for that one. A failure is kept as an answer is.
 */
export function onceASecond<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let freshUntil = 0;
  return () => {
    if (answer === undefined || performance.now() >= freshUntil) {
      freshUntil = Number.POSITIVE_INFINITY;
      answer = ask().finally(() => {
        freshUntil = performance.now() + FRESH_MS;
      });
    }
    return answer;
  };
}

const FRESH_MS = 1_000;
