/** Returns a function that asks at most once a second: see `onceIn`. */
export function onceASecond<T>(ask: () => Promise<T>): () => Promise<T> {
  return onceIn(1_000, ask);
}

/**
 * Returns a function that asks at most once in so many milliseconds, and answers everybody who asks in between with what it knows: any
 * number of callers cost what one costs. Those who ask while an answer is on its way wait for that one. A failure is kept as an answer is.
 */
export function onceIn<T>(freshMs: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let freshUntil = 0;
  return () => {
    if (answer === undefined || performance.now() >= freshUntil) {
      freshUntil = Number.POSITIVE_INFINITY;
      answer = ask().finally(() => {
        freshUntil = performance.now() + freshMs;
      });
    }
    return answer;
  };
}
