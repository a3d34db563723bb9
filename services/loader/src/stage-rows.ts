import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { StagedObjectError } from "@lethe/contracts/errors";
import { type BatchSummary, ofTransformation, STAGED } from "@lethe/contracts/staged-batch";
import type { Dataset } from "@lethe/datasets/dataset";
import type { BatchRef, Staging } from "@lethe/storage/staging";
import { copyIn } from "@lethe/warehouse/copy-in";
import { stageRejects } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";

/** Copies a batch's rows and rejects into the temporary tables. Throws StagedObjectError when they are damaged. */
export async function stageRows(
  client: Client,
  staging: Staging,
  batch: BatchRef,
  dataset: Dataset,
  summary: BatchSummary,
): Promise<void> {
  const own = (name: string) => ofTransformation(summary.transformation, name);
  for (const [i, table] of dataset.stagingTables.entries()) {
    const columns = table.columns.map(([column]) => column);
    const rows = () => counted(staging, batch, own(STAGED.table(table.name)), summary.tables[i]?.bytes ?? 0);
    await copyWhole(rows, (source) => copyIn(client, table.name, columns, source));
  }
  if (summary.rejectBytes > 0) {
    const rejects = () => counted(staging, batch, own(STAGED.rejects), summary.rejectBytes);
    await copyWhole(rejects, (source) => stageRejects(client, source));
  }
}

/**
 * Copies what `open` returns. Damage shows only at the end of a staged object, and PostgreSQL may refuse a damaged row before
 * that: what it refuses is read to its end once more. Throws StagedObjectError for damage, or else what the copy threw.
 */
async function copyWhole(open: () => Readable, copy: (source: Readable) => Promise<unknown>): Promise<void> {
  try {
    await copy(open());
  } catch (error) {
    if (!(error instanceof StagedObjectError)) await finished(open().resume());
    throw error;
  }
}

/** Reads a staged object; the stream fails with StagedObjectError when the object is not of the length given. */
function counted(staging: Staging, batch: BatchRef, name: string, bytes: number): Readable {
  return Readable.from(requireLength(staging.stream(batch, name), bytes, name, batch.batchId));
}

async function* requireLength(source: Readable, bytes: number, name: string, batchId: string) {
  let seen = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    seen += chunk.length;
    yield chunk;
  }
  if (seen !== bytes) throw new StagedObjectError(`${name} of batch ${batchId} is not as long as it was`);
}
