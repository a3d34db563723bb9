/**
 * Visits an item and whatever the visits add, so many at once. Throws the first failure once all visits that had begun have
 * ended; no further one begins then.
 */
export async function walk<T>(
  first: T,
  atOnce: number,
  visit: (item: T, add: (item: T) => void) => Promise<void>,
): Promise<void> {
  const waiting = [first];
  const add = (item: T) => void waiting.push(item);
  const failures: unknown[] = [];
  await new Promise<void>((resolve) => {
    let running = 0;
    const ended = () => {
      running -= 1;
      next();
    };
    const next = () => {
      while (running < atOnce && failures.length === 0) {
        const item = waiting.pop();
        if (item === undefined) break;
        running += 1;
        visit(item, add).then(ended, (error: unknown) => {
          failures.push(error);
          ended();
        });
      }
      if (running === 0) resolve();
    };
    next();
  });
  if (failures.length > 0) throw failures[0];
}
