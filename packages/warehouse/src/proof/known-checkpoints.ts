import { DatabaseRolledBackError } from "@lethe/contracts/errors";
import type { Checkpoint, CheckpointStore } from "@lethe/contracts/proof";
import type { Queryable } from "../pool.js";

/** A checkpoint that was kept outside the database, and where. */
export interface KnownCheckpoint {
  readonly store: string;
  readonly checkpoint: Checkpoint;
}

/** Returns the checkpoints that are kept outside the database. */
export async function readKnownCheckpoints(stores: readonly CheckpointStore[]): Promise<KnownCheckpoint[]> {
  const known = await Promise.all(stores.map(async (store) => ({ store: store.name, checkpoint: await store.read() })));
  return known.flatMap(({ store, checkpoint }) => (checkpoint === undefined ? [] : [{ store, checkpoint }]));
}

/** Returns the newest checkpoint that is kept outside the database and that the database does not hold, if there is one. */
export async function findRollback(
  db: Queryable,
  stores: readonly CheckpointStore[],
): Promise<KnownCheckpoint | undefined> {
  const known = await readKnownCheckpoints(stores);
  if (known.length === 0) return undefined;
  const { rows } = await db.query<{ hash: string }>("select hash from privacy.checkpoints where hash = any ($1)", [
    known.map(({ checkpoint }) => checkpoint.hash),
  ]);
  const held = new Set(rows.map(({ hash }) => hash));
  return known
    .filter(({ checkpoint }) => !held.has(checkpoint.hash))
    .toSorted((one, other) => other.checkpoint.number - one.checkpoint.number)[0];
}

/**
 * Throws DatabaseRolledBackError, which says what to do, when the database does not hold a checkpoint that is kept outside it:
 * a backup was restored, and people who were erased since may be in it.
 */
export async function requireNotRolledBack(db: Queryable, stores: readonly CheckpointStore[]): Promise<void> {
  const known = await findRollback(db, stores);
  if (known !== undefined) throw new DatabaseRolledBackError(describeRollback(known));
}

/** Says that the database is older than a checkpoint, and what to do. */
export function describeRollback({ store, checkpoint }: KnownCheckpoint): string {
  return (
    `the database does not hold checkpoint ${checkpoint.number} of ${checkpoint.createdAt}, which ${store} knows: an older ` +
    "database was restored, and people who were erased since may be in it again. Run `lethe erasure reapply --from EXPORT " +
    "--recovery-key FILE` with the newest export, then start again. If you mean to go on with this database as it is, run " +
    "`lethe erasure accept-restore --note TEXT`, which is logged"
  );
}

/** Hands a checkpoint to every store that knows no newer one. */
export async function rememberCheckpoint(stores: readonly CheckpointStore[], checkpoint: Checkpoint): Promise<void> {
  for (const store of stores) {
    const known = await store.read();
    if (known === undefined || known.number < checkpoint.number) await store.write(checkpoint);
  }
}
