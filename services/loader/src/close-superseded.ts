import type { Dataset } from "@lethe/datasets/dataset";
import { closeAsSuperseded, lockRedelivered, type RedeliveredRecord } from "@lethe/warehouse/ledger/superseded";
import type { Client } from "@lethe/warehouse/pool";

/** Records that are looked at together, so that memory does not grow with their number. */
const AT_ONCE = 10_000;

/**
 * Closes the dataset's open quarantined records whose record was delivered again, corrected, and loaded since: a transaction, a customer or
 * a product of the same id in a file that came later. Belongs into the transaction that closes a run. Returns how many.
 */
export async function closeSuperseded(client: Client, { name, merge: { redelivery } }: Dataset): Promise<number> {
  if (redelivery === null) return 0;
  let closed = 0;
  let afterId = 0;
  for (;;) {
    const found = await lockRedelivered(client, name, redelivery, afterId, AT_ONCE);
    const last = found.at(-1);
    if (last === undefined) return closed;
    afterId = last.id;
    const superseded = found.filter((record) => isOwnId(record, redelivery.idField)).map(({ id }) => id);
    if (superseded.length > 0) await closeAsSuperseded(client, superseded);
    closed += superseded.length;
  }
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
