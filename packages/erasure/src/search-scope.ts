import type { Queryable } from "@lethe/warehouse/pool";

/** How far an erasure searches: everything that is kept, or the files that the people's own records came from. */
export const SEARCH_SCOPES = ["everything", "own files"] as const;
export type SearchScope = (typeof SEARCH_SCOPES)[number];

/**
 * Returns how far to search: everything while the kept files are at most so many bytes on disk, so that an erasure does
 * not cost more the more others have sent.
 */
export async function searchScope(db: Queryable, fullSearchBytes: number): Promise<SearchScope> {
  const { rows } = await db.query<{ bytes: number }>(
    `select coalesce((select sum(bytes) from ledger.files where kept_path is not null), 0)::bigint
          + coalesce((select sum(bytes) from ledger.processed_files), 0)::bigint as bytes`,
  );
  return (rows[0]?.bytes ?? 0) <= fullSearchBytes ? "everything" : "own files";
}
