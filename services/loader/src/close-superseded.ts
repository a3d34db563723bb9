import type { DatasetName } from "@lethe/contracts/datasets";
import type { Dataset, Redelivery } from "@lethe/datasets/dataset";
import {
  closeAsSuperseded,
  hasLoaded,
  lockRedelivered,
  type RedeliveredRecord,
  readSupersedable,
} from "@lethe/warehouse/ledger/superseded";
import type { Client } from "@lethe/warehouse/pool";

/** How many records are looked at together. The end of a run looks at twice as many, so that it takes no longer the more are open. */
const AT_ONCE = 10_000;

/** Where the next look at each dataset's older records begins: behind this id. Every process has its own, and begins anew when it starts. */
export type LookedAtUpTo = Map<DatasetName, number>;

/**
 * Closes open quarantined records of the dataset whose record was delivered again, corrected, and loaded since: a transaction, a customer or
 * a product of the same id in a file that came later. Looks at the newest, and of the others, where there are so many, at the next in turn.
 * Does nothing for a run that has loaded nothing. Belongs into the transaction that closes the run. Returns how many.
 */
export async function closeSuperseded(
  client: Client,
  runId: string,
  { name, merge: { redelivery } }: Dataset,
  upTo: LookedAtUpTo,
  atOnce = AT_ONCE,
): Promise<number> {
  if (redelivery === null || !(await hasLoaded(client, runId))) return 0;
  const newest = await readSupersedable(client, name, { order: "newest" }, atOnce);
  const closed = await closeThose(client, redelivery, newest);
  if (newest.length < atOnce) return closed;
  const after = upTo.get(name) ?? 0;
  const others = await readSupersedable(client, name, { order: "oldest", after, before: newest.at(-1) ?? 0 }, atOnce);
  upTo.set(name, others.length < atOnce ? 0 : (others.at(-1) ?? 0));
  return closed + (await closeThose(client, redelivery, others));
}

async function closeThose(client: Client, redelivery: Redelivery, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  const found = await lockRedelivered(client, redelivery, ids);
  const superseded = found.filter((record) => isOwnId(record, redelivery.idField)).map(({ id }) => id);
  if (superseded.length > 0) await closeAsSuperseded(client, superseded);
  return superseded.length;
}

/** Reports whether what looks like the record's id is that, and not a text or a part of the record that looks the same. */
function isOwnId({ payload, ownId }: RedeliveredRecord, idField: string): boolean {
  try {
    const record: unknown = JSON.parse(payload);
    if (typeof record !== "object" || record === null || !Object.hasOwn(record, idField)) return false;
    return String(Reflect.get(record, idField)).trim() === ownId;
  } catch {
    return false;
  }
}
