import type { Dataset } from "@lethe/datasets/dataset";
import { createRejectStage } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";

/** Tells apart the batches that are merged together: a row belongs to the one that the setting names when it is copied. */
const PART = "part smallint not null default current_setting('lethe.part')::smallint";

/** Creates the temporary tables of a load. A connection keeps them, empty, from one transaction to the next. */
export async function createStage(client: Client, dataset: Dataset): Promise<void> {
  const tables = dataset.stagingTables.map(({ name, columns }) => {
    const definitions = columns.map(([column, type]) => `${column} ${type}`).join(", ");
    return `create temp table if not exists ${name} (${definitions}, ${PART}) on commit delete rows;`;
  });
  await client.query(`
    set local client_min_messages = warning;
    ${dataset.merge.openStage ?? tables.join("\n")};
    create temp table if not exists stage_rejects (
      ordinal integer, reason text not null, missing_key text, ${PART}, primary key (part, ordinal)
    ) on commit delete rows;`);
  await createRejectStage(client);
}
