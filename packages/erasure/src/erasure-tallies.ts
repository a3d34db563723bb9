import { type PendingErasure, recordPlaces } from "@lethe/warehouse/erasures/erasure-work";
import type { Queryable } from "@lethe/warehouse/pool";
import type { OnMasked } from "./mask-record-text.js";
import { createPlaceTally, type PlaceTally } from "./place-tally.js";

/** Counts what is masked in one file, by erasure. */
export interface ErasureTallies {
  readonly onMasked: OnMasked;
  /** Records that were masked, whosever they are. */
  masked(): number;
  /** Notes the counts in the ledger; to be called before the file is put in place. */
  record(): Promise<void>;
}

/** Creates empty tallies for a file, given by its place and its path there. */
export function createErasureTallies(
  db: Queryable,
  erasures: readonly PendingErasure[],
  place: string,
  path: string,
): ErasureTallies {
  const erasureOf = new Map(erasures.flatMap(({ id, pseudonyms }) => pseudonyms.map((alias) => [alias, id] as const)));
  const tallies = new Map<string, PlaceTally>();
  let masked = 0;
  return {
    onMasked(alias, values) {
      masked += 1;
      // A record that names its person by email alone is counted for the one erasure that is at work, if it is one.
      const id =
        (alias === null ? undefined : erasureOf.get(alias)) ?? (erasures.length === 1 ? erasures[0]?.id : undefined);
      if (id === undefined) return;
      const tally = tallies.get(id) ?? createPlaceTally();
      tallies.set(id, tally);
      tally.add(place, values, path);
    },
    masked: () => masked,
    async record() {
      for (const [id, tally] of tallies) await recordPlaces(db, id, tally.places());
    },
  };
}
