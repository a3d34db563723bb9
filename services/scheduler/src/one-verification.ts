/**
 * Returns a function that verifies one erasure after another, since each reads everything that is kept. Whoever asks for one that is
 * asked for already waits for that one.
 */
export function oneAtATime<T>(verify: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  let last: Promise<unknown> = Promise.resolve();
  return (key) => {
    const known = asked.get(key);
    if (known !== undefined) return known;
    const before = last;
    const own = (async () => {
      await before.catch(() => undefined);
      try {
        return await verify(key);
      } finally {
        asked.delete(key);
      }
    })();
    asked.set(key, own);
    last = own;
    return own;
  };
}
