import type { StagingTable } from "@lethe/contracts/data-map";

/**
 * Returns the columns of a staging table as SQL, with one more that tells the batches apart that are merged together: a row
 * is of the one that the setting `lethe.part` names as it comes in.
 */
export function stagingColumns({ columns }: Pick<StagingTable, "columns">): string {
  const definitions = columns.map(([name, type]) => `${name} ${type}`);
  return [...definitions, "part smallint not null default current_setting('lethe.part')::smallint"].join(", ");
}
