/** Counts per key within windows of time, in this process and without waiting for anything. */
export interface Counter {
  /** Returns how often a key was counted in its window. */
  count(key: string): number;
  /** Counts a key once more and returns its count. */
  add(key: string): number;
  /** Begins a key's window again, with a count of 1. */
  restart(key: string): void;
  /** Returns the seconds until a key's window ends, 1 at least. */
  secondsLeft(key: string): number;
}

/**
 * Creates a counter whose windows begin with a key's first count. It remembers `maxKeys` keys: a new one then takes the place of
 * the one whose window began first.
 */
export function createCounter(windowMs: number, maxKeys: number): Counter {
  // In the order in which windows begin, and so end.
  const windows = new Map<string, { count: number; readonly endsAt: number }>();

  function current(key: string) {
    const window = windows.get(key);
    return window !== undefined && window.endsAt > Date.now() ? window : undefined;
  }

  function begin(key: string) {
    windows.delete(key);
    const [oldest] = windows.keys();
    if (windows.size >= maxKeys && oldest !== undefined) windows.delete(oldest);
    const window = { count: 0, endsAt: Date.now() + windowMs };
    windows.set(key, window);
    return window;
  }

  return {
    count: (key) => current(key)?.count ?? 0,
    add(key) {
      const window = current(key) ?? begin(key);
      window.count += 1;
      return window.count;
    },
    restart(key) {
      begin(key).count = 1;
    },
    secondsLeft: (key) => Math.max(1, Math.ceil(((current(key)?.endsAt ?? 0) - Date.now()) / SECOND_MS)),
  };
}

const SECOND_MS = 1_000;
