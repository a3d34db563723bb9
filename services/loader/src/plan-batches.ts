import type { DatasetName } from "@lethe/contracts/datasets";
import type { BatchRef } from "@lethe/storage/staging";
import { recordPlanned } from "@lethe/warehouse/ledger/load-batch";
import type { Client } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";
import { type Merged, mergeBatches } from "./merge-batches.js";

/**
 * Merges claimed batches of a plan as a replay merges its own, takes all of it back, and records what would have become of them. So a
 * plan cannot differ from the replay. Returns undefined, and throws, as `mergeBatches` does.
 */
export async function planBatches(
  client: Client,
  context: LoaderContext,
  dataset: DatasetName,
  batches: readonly BatchRef[],
): Promise<Merged | undefined> {
  const [batch, another] = batches;
  if (batch === undefined || another !== undefined) throw new Error("a plan tries one batch at a time");
  await client.query("savepoint before_plan");
  const merged = await mergeBatches(client, context, { dataset, kind: "replay" }, batches);
  await client.query("rollback to savepoint before_plan");
  if (merged !== undefined) await recordPlanned(client, batch, merged);
  return merged;
}
