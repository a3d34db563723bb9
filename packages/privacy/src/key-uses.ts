import type { PrivacyKeyUse } from "@lethe/contracts/keys";
import type { Keyring } from "./privacy-key.js";

/** What the database says of keys, by their ids. */
export type KeysInDatabase = ReadonlyMap<string, Pick<PrivacyKeyUse, "suppressions" | "since">>;

/**
 * Returns how each key is used: its id, whether it is in use, kept or missing, and what of the suppression list was made
 * with it. The keys of the keyring come first, in its order; keys that suppressions need and the keyring lacks follow.
 */
export function keyUses(ring: Keyring, known: KeysInDatabase): PrivacyKeyUse[] {
  const uses: PrivacyKeyUse[] = ring.all.map(({ id }) => ({
    id,
    state: id === ring.current.id ? "in use" : "kept",
    suppressions: known.get(id)?.suppressions ?? 0,
    since: known.get(id)?.since ?? null,
  }));
  for (const [id, use] of known) {
    if (!ring.all.some((key) => key.id === id)) uses.push({ id, state: "missing", ...use });
  }
  return uses;
}
