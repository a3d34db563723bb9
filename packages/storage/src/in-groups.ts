/** Files that are worked on at once: more would only wait for the disk. */
const AT_ONCE = 16;

/**
 * Does something with each item, with some of them at once; returns the results in the items' order. Throws the first failure
 * of a group once all of that group have ended, so that nothing is at work behind the caller's back.
 */
export async function inGroups<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    const group = items.slice(i, i + AT_ONCE).map((item, k) => work(item, i + k));
    await Promise.allSettled(group);
    results.push(...(await Promise.all(group)));
  }
  return results;
}
