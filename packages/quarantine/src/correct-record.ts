import { InvalidInputError, RunStateError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Dataset } from "@lethe/datasets/dataset";
import { isErasedId } from "@lethe/privacy/erased-id";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { REDACTED } from "@lethe/privacy/mask-value";
import { isPseudonym, type Keyring } from "@lethe/privacy/privacy-key";
import { createSuppressionLookup } from "@lethe/privacy/suppression-list";
import { recordAct } from "@lethe/warehouse/access/acts";
import { insertCorrection, lockWorkable, type WorkableRecord } from "@lethe/warehouse/ledger/quarantined-record";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { lockSuppressions } from "@lethe/warehouse/suppress-subjects";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import { changedFields } from "./changed-fields.js";
import { parseExactly } from "./exact-json.js";
import { mergePatch } from "./merge-patch.js";

/** What a record becomes: another record, or itself with changes as a JSON Merge Patch (RFC 7396) has them. */
export type Correction = { readonly record: unknown } | { readonly changes: unknown };

interface CorrectionContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
  readonly ring: Keyring;
}

/** A correction that stands in quarantine, until the next replay of its dataset takes it. */
export interface Corrected {
  readonly id: number;
  readonly dataset: Dataset["name"];
  /** The names of the fields that it changes. */
  readonly fields: readonly string[];
}

/**
 * Puts a correction in the place of an open record, which is closed as superseded and stays as it came, and records who changed which
 * fields. The caller opens the replay. Throws NotFoundError; RunStateError for a record that is not open, that a decision about a
 * person is due on, or that is or would be an erased person's; InvalidInputError for a correction that changes nothing, and for
 * changes to what is no record.
 */
export async function correctRecord(
  { pool, datasets, ring }: CorrectionContext,
  id: number,
  correction: Correction,
  by: string,
): Promise<Corrected> {
  return inTransaction(pool, async (client) => {
    // Neither an erasure nor a load that masks begins before this has ended: each sees the correction, or is seen by it.
    await lockSuppressions(client);
    const record = await lockWorkable(client, datasets.requests, id);
    const dataset = datasets.get(record.dataset);
    if (dataset.maskedReasons.includes(record.reason)) {
      throw new RunStateError("the record was masked as it arrived; it can be discarded, and not be corrected");
    }
    const text = requireText(dataset, record);
    const before = record.encoding === "utf8" ? parseExactly(text) : undefined;
    const after = apply(correction, before, record);
    const fields = changedFields(Object.keys(dataset.fields), before, after);
    if (fields.length === 0) throw new InvalidInputError("the correction changes nothing of the record");
    const payload = JSON.stringify(after);
    const { customerId, email, name } = dataset.subjectOf(after);
    const { identifiers } = await readSuppressions(client);
    const { findSuppression, judgeArrival } = createSuppressionLookup(identifiers, ring, 0);
    const isErased = dataset.fenced && judgeArrival(customerId, email, name).kind === "masked";
    if (isErased || isMaskedId(customerId) || findMentionedPerson(payload, findSuppression) !== undefined)
      throw ofErasedPerson();
    const corrected = await insertCorrection(client, id, { payload, customerId, email });
    await recordAct(client, { act: "corrected", by, quarantineId: id, reason: `changed ${fields.join(", ")}` });
    return { id: corrected, dataset: dataset.name, fields };
  });
}

function apply(correction: Correction, before: unknown, { reason }: WorkableRecord): unknown {
  if ("record" in correction) return correction.record;
  if (before !== undefined && reason !== "unreadable") return mergePatch(before, correction.changes);
  throw new InvalidInputError(
    "the record cannot be read exactly, so it cannot be changed in part; send the whole record",
  );
}

/** Returns the record's text. What an erasure has left of a record must not become anybody's again. */
function requireText(dataset: Dataset, { payload, customerId }: WorkableRecord): string {
  if (payload === null) throw new RunStateError("the entry stands for a whole file; send the file again");
  if (payload === REDACTED || dataset.isEmptied(parseExactly(payload)) || isMaskedId(customerId)) {
    throw new RunStateError("an erasure has masked the record; it can be replayed or discarded, and not be corrected");
  }
  return payload;
}

function isMaskedId(customerId: string | null): boolean {
  return isPseudonym(customerId) || isErasedId(customerId);
}

function ofErasedPerson(): RunStateError {
  return new RunStateError(
    "the correction names a person who was erased; send the record in a file, where it is masked as it arrives",
  );
}
