import type { Dataset } from "@lethe/datasets/dataset";
import { createRejectStage } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";
import { stagingColumns } from "@lethe/warehouse/staging-columns";

const REJECT_COLUMNS = [
  ["ordinal", "integer"],
  ["reason", "text not null"],
  ["missing_key", "text"],
] as const;

/** Creates the temporary tables of a load. A connection keeps them, empty, from one transaction to the next. */
export async function createStage(client: Client, dataset: Dataset): Promise<void> {
  const tables = dataset.stagingTables.map(
    (table) => `create temp table if not exists ${table.name} (${stagingColumns(table)}) on commit delete rows;`,
  );
  await client.query(`
    set local client_min_messages = warning;
    ${dataset.merge.openStage ?? tables.join("\n")};
    create temp table if not exists stage_rejects (
      ${stagingColumns({ columns: REJECT_COLUMNS })}, primary key (part, ordinal)
    ) on commit delete rows;`);
  await createRejectStage(client);
}
