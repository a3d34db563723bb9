import type { DatasetName } from "@lethe/contracts/datasets";
import type { Queryable } from "../pool.js";

/** Returns those of these files in landing, by path, that no run has taken or reported in a notice. */
export async function unseenFiles(db: Queryable, dataset: DatasetName, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const { rows } = await db.query<{ path: string }>(
    `select path from unnest($2::text[]) as landed (path)
     where not exists (select from ledger.files f where f.dataset = $1 and f.path = landed.path)
       and not exists (select from ledger.notices n where n.path = landed.path)`,
    [dataset, paths],
  );
  return rows.map(({ path }) => path);
}
