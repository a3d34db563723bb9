import { useLocation } from "preact-iso";

/** What a page shows, as it stands in its address, so that a link or the back button leads to the same view. */
export interface Query {
  readonly values: Readonly<Record<string, string>>;
  /** Changes values; an empty one is taken out of the address. */
  readonly set: (changes: Readonly<Record<string, string | undefined>>) => void;
}

/** Returns the values of the address's query, and how to change them. Personal data never belongs there. */
export function useQuery(): Query {
  const { path, query, route } = useLocation();
  return {
    values: query,
    set(changes) {
      const next = new URLSearchParams(
        Object.entries({ ...query, ...changes }).filter((entry): entry is [string, string] => Boolean(entry[1])),
      ).toString();
      route(next === "" ? path : `${path}?${next}`);
    },
  };
}
