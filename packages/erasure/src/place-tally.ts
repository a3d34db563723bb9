import type { ErasurePlace } from "@lethe/contracts/erasures";

/** Counts what is masked, by place. */
export interface PlaceTally {
  /** Counts a record of which `values` fields were masked. */
  add(place: string, values: number, name?: string): void;
  places(): ErasurePlace[];
}

/** Creates an empty tally. */
export function createPlaceTally(): PlaceTally {
  const byPlace = new Map<string, ErasurePlace>();
  return {
    add(place, values, name = "") {
      const key = `${place} ${name}`;
      const before = byPlace.get(key) ?? { place, name, records: 0, values: 0 };
      byPlace.set(key, { place, name, records: before.records + 1, values: before.values + values });
    },
    places: () => [...byPlace.values()],
  };
}
