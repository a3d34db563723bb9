import type { DatasetName } from "@lethe/contracts/datasets";
import type { Partition } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";

/** A file that lies in landing. */
export interface LandedSize {
  readonly partition: Partition;
  readonly bytes: number;
}

/**
 * Returns, for each of these files in landing, whether one of the same partition and size has come before. The ledger keeps no names of
 * senders; whether such a file is the same one, its content alone tells.
 */
export async function knownSizes(
  db: Queryable,
  dataset: DatasetName,
  files: readonly LandedSize[],
): Promise<readonly boolean[]> {
  if (files.length === 0) return [];
  const { rows } = await db.query<{ isKnown: boolean }>(
    `select exists (
              select from ledger.files f
              where f.dataset = $1 and f.partition_date = l.date and f.partition_hour = l.hour and f.bytes = l.bytes
                and f.state <> 'released') as "isKnown"
     from unnest($2::date[], $3::smallint[], $4::bigint[]) with ordinality as l (date, hour, bytes, position)
     order by l.position`,
    [
      dataset,
      files.map(({ partition }) => partition.date),
      files.map(({ partition }) => partition.hour),
      files.map(({ bytes }) => bytes),
    ],
  );
  return rows.map(({ isKnown }) => isKnown);
}
