import { NotFoundError } from "@lethe/contracts/errors";
import { explainMissingKey, type QuarantineRecord } from "@lethe/contracts/quarantine";
import { type Caller, mayAct } from "@lethe/contracts/roles";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { recordAct } from "@lethe/warehouse/access/acts";
import { readQuarantined, readRecordActs } from "@lethe/warehouse/ledger/quarantined-record";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { maskedRecord } from "./masked-record.js";

/**
 * Returns one quarantined record with what was decided about it. Those whose role sees personal data see the record as it stands and
 * the key that it waits for, and that they looked is recorded; everybody else sees it masked. Throws NotFoundError.
 */
export async function showRecord(
  { pool, datasets }: { readonly pool: Pool; readonly datasets: Datasets },
  id: number,
  caller: Caller,
): Promise<QuarantineRecord> {
  return inTransaction(pool, async (client) => {
    const found = await readQuarantined(client, id);
    if (found === undefined) throw new NotFoundError(`there is no record ${id} in quarantine`);
    const { payload, encoding, key, ...entry } = found;
    const isPlain = mayAct(caller.role, "privacy-officer");
    // What says nothing of anybody is shown to all.
    const dataset = datasets.get(entry.dataset);
    const isAboutPeople = dataset.fenced || dataset.erasure !== undefined;
    const text = payload === null ? null : Buffer.from(payload, encoding).toString("utf8");
    if (isPlain && isAboutPeople && text !== null) {
      await recordAct(client, { act: "viewed", by: caller.name, quarantineId: id });
    }
    const missingKey = isPlain ? key : entry.missingKey;
    return {
      ...entry,
      missingKey,
      message: explainMissingKey(entry.reason, missingKey) ?? entry.message,
      record: text === null || isPlain ? text : maskedText(dataset, text),
      isMasked: text !== null && !isPlain,
      acts: await readRecordActs(client, id),
    };
  });
}

/** Returns null for what is no record: nothing of it can be told to be about nobody. */
function maskedText(dataset: Parameters<typeof maskedRecord>[0], text: string): string | null {
  try {
    return JSON.stringify(maskedRecord(dataset, JSON.parse(text)));
  } catch {
    return null;
  }
}
