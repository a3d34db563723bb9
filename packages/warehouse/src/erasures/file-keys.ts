import type { Queryable } from "../pool.js";
import type { ErasureClient } from "./erasure-fence.js";

/** Keeps a new file's key. Returns the key that is kept: the first that was given for the file. */
export async function createFileKey(db: Queryable, fileId: number, sealed: Buffer): Promise<Buffer> {
  const { rows } = await db.query<{ sealed: Buffer }>(
    `insert into privacy.file_keys as k (file_id, sealed) values ($1, $2)
     on conflict (file_id) do update set sealed = coalesce(k.sealed, excluded.sealed), destroyed_at = null
     returning sealed`,
    [fileId, sealed],
  );
  return rows[0]?.sealed ?? sealed;
}

/** Returns a sealed file's key, null once it is destroyed, and where the file is kept. */
export async function readFileKey(
  db: Queryable,
  fileId: number,
): Promise<{ readonly sealed: Buffer | null; readonly keptPath: string } | undefined> {
  const { rows } = await db.query<{ sealed: Buffer | null; keptPath: string }>(
    `select k.sealed, f.kept_path as "keptPath" from privacy.file_keys k join ledger.files f on f.id = k.file_id
     where k.file_id = $1 and f.kept_path is not null`,
    [fileId],
  );
  return rows[0];
}

/** Destroys keys, and releases the files' content, so that it may come again. Returns how many there were. */
export async function destroyKeys(db: ErasureClient, fileIds: readonly number[]): Promise<number> {
  if (fileIds.length === 0) return 0;
  const { rowCount } = await db.query(
    `with destroyed as (
       update privacy.file_keys set sealed = null, destroyed_at = clock_timestamp()
       where file_id = any ($1) and sealed is not null returning file_id
     )
     update ledger.files f set state = 'released', kept_path = null from destroyed d where f.id = d.file_id`,
    [fileIds],
  );
  return rowCount ?? 0;
}

/** Returns the number of files that are encrypted because nothing can search them, and of those whose keys were destroyed. */
export async function countSealedFiles(
  db: Queryable,
): Promise<{ readonly sealed: number; readonly destroyed: number }> {
  const { rows } = await db.query<{ sealed: number; destroyed: number }>(
    "select count(sealed) as sealed, count(destroyed_at) as destroyed from privacy.file_keys",
  );
  return rows[0] ?? { sealed: 0, destroyed: 0 };
}
