import type { Queryable } from "@lethe/warehouse/pool";

/** How far an erasure searches: everything that is kept, or the files that the people's own records came from. */
export const SEARCH_SCOPES = ["everything", "own files"] as const;
export type SearchScope = (typeof SEARCH_SCOPES)[number];

/** What a file counts at least: to open ten thousand small ones takes long, however little is in them. */
const LEAST_BYTES = 8 * 1024;

/**
 * Returns how far to search: everything while the kept files are at most so many bytes on disk, so that an erasure does
 * not cost more the more others have sent.
 */
export async function searchScope(db: Queryable, fullSearchBytes: number): Promise<SearchScope> {
  const { rows } = await db.query<{ bytes: number }>(
    `select coalesce((select sum(greatest(bytes, $1)) from ledger.files where kept_path is not null), 0)::bigint
          + coalesce((select sum(greatest(bytes, $1)) from ledger.processed_files), 0)::bigint as bytes`,
    [LEAST_BYTES],
  );
  return (rows[0]?.bytes ?? 0) <= fullSearchBytes ? "everything" : "own files";
}
