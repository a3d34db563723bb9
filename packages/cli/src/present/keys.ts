import type { Keyring } from "@lethe/privacy/privacy-key";
import { formatCount, formatTable } from "./table.js";

/** A key by its id, and what it is needed for. */
export interface KeyUse {
  readonly id: string;
  /** `missing`: suppressions need it, and it is not in the ring. */
  readonly state: "in use" | "kept" | "missing";
  readonly suppressions: number;
}

/**
 * Returns how each key is used: its id, whether it is in use, kept or missing, and the number of suppressions made
 * with it. The keys of the keyring come first, in its order; keys that suppressions need and the keyring lacks
 * follow.
 */
export function keyUses(ring: Keyring, counts: ReadonlyMap<string, number>): KeyUse[] {
  const uses: KeyUse[] = ring.all.map(({ id }) => ({
    id,
    state: id === ring.current.id ? "in use" : "kept",
    suppressions: counts.get(id) ?? 0,
  }));
  for (const [id, suppressions] of counts) {
    if (!ring.all.some((key) => key.id === id)) uses.push({ id, state: "missing", suppressions });
  }
  return uses;
}

/** Formats keys as a table. Only their ids are shown. */
export function formatKeys(uses: readonly KeyUse[]): string {
  return formatTable(
    [{ title: "key" }, { title: "state" }, { title: "suppressions", align: "right" }],
    uses.map(({ id, state, suppressions }) => [id, state, formatCount(suppressions)]),
  );
}
