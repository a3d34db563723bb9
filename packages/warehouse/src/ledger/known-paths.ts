import type { DatasetName } from "@lethe/contracts/datasets";
import type { Queryable } from "../pool.js";

/** Returns those of these names in landing under which a file of the dataset has come before and was taken. */
export async function knownPaths(
  db: Queryable,
  dataset: DatasetName,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const { rows } = await db.query<{ path: string }>(
    `select distinct f.path from ledger.files f join unnest($2::text[]) as landed (path) using (path)
     where f.dataset = $1 and f.state <> 'released'`,
    [dataset, paths],
  );
  return new Set(rows.map(({ path }) => path));
}
