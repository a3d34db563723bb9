const AGAIN_MS = 30_000;

/** Creates a filter of repeated messages: it lets each through when it first comes, and again every half minute while it lasts. */
export function createNewsFilter(againMs = AGAIN_MS): (message: string) => boolean {
  let last: { readonly message: string; readonly at: number } | undefined;
  return (message) => {
    const now = Date.now();
    if (last?.message === message && now - last.at < againMs) return false;
    last = { message, at: now };
    return true;
  };
}
