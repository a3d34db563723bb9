const KEY = "lethe-return-address";

/** Remembers what is open, in this window alone, for who goes away to sign in. */
export function keepReturnAddress(): void {
  sessionStorage.setItem(KEY, location.pathname + location.search);
}

/** Returns the address that was open before, once; undefined for the overview, where signing in ends. */
export function takeReturnAddress(): string | undefined {
  const address = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return address?.startsWith("/console") === true ? address : undefined;
}
