import type { DatasetName } from "@lethe/contracts/datasets";
import { SchemaChangedError } from "@lethe/contracts/errors";
import type { BatchSchemaChange } from "@lethe/contracts/schema-changes";
import { lockBatchAlone } from "@lethe/warehouse/ledger/load-batch";
import { writeSchemaChanges } from "@lethe/warehouse/ledger/schema-changes";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import type { SchemaReport } from "./watch-schema.js";

/**
 * Refuses a batch whose columns have changed: stores its schema changes, since no load will, and throws SchemaChangedError.
 * Does nothing for any other batch. May be repeated.
 */
export async function freezeBatch(
  pool: Pool,
  batchId: string,
  dataset: DatasetName,
  { changes, changedColumns }: SchemaReport,
): Promise<void> {
  if (changedColumns.length === 0) return;
  await inTransaction(pool, async (client) => {
    if (await lockBatchAlone(client, batchId)) await writeSchemaChanges(client, batchId, changes);
  });
  throw new SchemaChangedError(describe(dataset, changedColumns));
}

/** The most changes that the message names. */
const MOST_NAMED = 10;

function describe(dataset: DatasetName, changes: readonly BatchSchemaChange[]): string {
  const named = changes.slice(0, MOST_NAMED).map(({ change, field, records }) => `${change} ${field} (${records})`);
  const more = changes.length - named.length;
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  return `the fields of ${dataset} have changed, by records: ${list}`;
}
