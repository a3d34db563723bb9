import type { DatasetName } from "@lethe/contracts/datasets";
import type { QuarantineStatus } from "@lethe/contracts/quarantine";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { Dataset } from "@lethe/datasets/dataset";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import { REDACTED } from "@lethe/privacy/mask-value";
import { strategiesOf } from "@lethe/privacy/policy";
import { pseudonym } from "@lethe/privacy/privacy-key";
import type { Client } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import type { ErasedPeople } from "./erased-people.js";
import type { ErasedRecords } from "./erased-records.js";
import type { ErasedSubject } from "./erased-subject.js";
import { countRows, personTables } from "./person-tables.js";
import { MASK_CORRECTED, SELECT_QUARANTINED, UPDATE_QUARANTINED } from "./quarantine-statements.js";

/**
 * Masks the quarantined records of people who are being erased. What waits for something that is not the person stays
 * open: masked, it can still be loaded when that arrives, so that sales figures stay whole. So does a correction that waits for its
 * replay. What a replay has loaded and not
 * published keeps its status, too: should the output be lost, it is made again from here. All other records are closed, those that
 * were corrected with their corrections.
 * Returns, by erasure, the files that the records came from: what is left of a record may not say whose it was.
 */
export async function maskQuarantined(
  client: Client,
  context: ErasureContext,
  people: ErasedPeople,
  records: ErasedRecords,
): Promise<FilesByErasure> {
  const fileIds = new Map<string, Set<number>>();
  const { rows } = await client.query<QuarantinedRow>(SELECT_QUARANTINED, [people.ids(), people.emails()]);
  const registered = await findRegistered(client, context, rows);
  const masked = rows.flatMap((row) => {
    // A request with the wrong id was the person's own, though the customer of that id is somebody else.
    const own = people.find(row.customerId, row.email);
    const asked = own === undefined && row.reason === "identity_mismatch" ? people.findByEmail(row.email) : undefined;
    const known = own ?? asked;
    const mentioned = known === undefined ? people.findMentioned(readable(row)) : undefined;
    const person = known ?? mentioned?.person;
    if (person === undefined) return [];
    const kept: Kept =
      row.reason === "unreadable" || known === undefined
        ? { payload: REDACTED, values: 1, waits: false }
        : person.outcome === "pseudonymise"
          ? pseudonymiseRecord(row, context, person)
          : unlinkRecord(row, context, { ...person, hasArrived: isThere(person, row, registered) }, records);
    people.count(person, "ledger.quarantine", kept.values);
    const files = fileIds.get(person.erasureId) ?? new Set();
    fileIds.set(person.erasureId, files.add(row.fileId));
    const customerId = asked === undefined ? (row.customerId ?? mentioned?.customerId ?? null) : null;
    const alias = aliasOf(person, customerId);
    return [
      {
        id: row.id,
        person,
        // Without an id of its own, it may have the person's in a field that is kept.
        payload: customerId === null && people.findMentioned(kept.payload) !== undefined ? REDACTED : kept.payload,
        pseudonym: alias,
        // What it waits for may be the person.
        missing_key: row.missingKey !== null && row.missingKey === row.customerId ? alias : row.missingKey,
        waits: kept.waits,
      },
    ];
  });
  if (masked.length === 0) return fileIds;
  const toRows = () => JSON.stringify(masked.map(({ person: _, ...row }) => row));
  await client.query(UPDATE_QUARANTINED, [toRows()]);
  const corrected = await client.query<{ correctionId: number; fileId: number }>(MASK_CORRECTED, [toRows()]);
  const personOf = new Map(masked.map(({ id, person }) => [id, person]));
  for (const { correctionId, fileId } of corrected.rows) {
    const person = personOf.get(correctionId);
    if (person === undefined) continue;
    people.count(person, "ledger.quarantine", 1);
    fileIds.get(person.erasureId)?.add(fileId);
  }
  return fileIds;
}

/**
 * Returns the ids that records wait for and that are registered already: their replay has not come to it yet, or is at work just now.
 * Until the erasure, which comes behind, they are there as they were.
 */
async function findRegistered(
  client: Client,
  { datasets }: ErasureContext,
  rows: readonly QuarantinedRow[],
): Promise<ReadonlySet<string>> {
  const wanted = rows.flatMap((row) => (waitsForItsPerson(row) && row.missingKey !== null ? [row.missingKey] : []));
  const registered = new Set<string>();
  if (wanted.length === 0) return registered;
  for (const table of personTables(datasets).filter(({ declaration }) => declaration.registersSubjects === true)) {
    const { text, values } = countRows(table, wanted);
    const found = await client.query<{ customerId: string }>(text, [...values]);
    for (const { customerId } of found.rows) registered.add(customerId);
  }
  return registered;
}

function isThere({ hasArrived }: ErasedSubject, { missingKey }: QuarantinedRow, registered: ReadonlySet<string>) {
  return hasArrived === true || (missingKey !== null && registered.has(missingKey));
}

function waitsForItsPerson({ missingKey, customerId }: QuarantinedRow): boolean {
  return missingKey !== null && missingKey === customerId;
}

/** Rows of `ledger.files` by erasure. */
export type FilesByErasure = ReadonlyMap<string, ReadonlySet<number>>;

interface QuarantinedRow {
  id: number;
  fileId: number;
  dataset: DatasetName;
  reason: RejectReason;
  status: QuarantineStatus;
  payload: string;
  encoding: "utf8" | "base64";
  customerId: string | null;
  email: string | null;
  missingKey: string | null;
  isUnpublished: boolean;
  /** Whether it is a correction whose replay has not come to it yet. */
  isCorrected: boolean;
}

interface Kept {
  readonly payload: string;
  readonly values: number;
  /** Whether the record may still be loaded or published, so that its status stays. */
  readonly waits: boolean;
}

/** Under `pseudonymise` nothing but the alias would lead to the file that the record came from. */
function aliasOf({ outcome, key, pseudonym: own }: ErasedSubject, customerId: string | null): string {
  if (outcome !== "pseudonymise") return ERASED_ID;
  return customerId === null ? own : pseudonym(key, customerId);
}

function pseudonymiseRecord(row: QuarantinedRow, context: ErasureContext, { key, outcome }: ErasedSubject): Kept {
  const dataset = context.datasets.get(row.dataset);
  const strategies = strategiesOf(context.policy, dataset.name);
  const before: unknown = JSON.parse(row.payload);
  const after = dataset.mask(before, { outcome, key, strategies, replacementOf: () => undefined });
  return { payload: JSON.stringify(after), values: countMaskedValues(before, after), waits: mayWait(dataset) };
}

function unlinkRecord(
  row: QuarantinedRow,
  context: ErasureContext,
  { key, outcome, erasureId, hasArrived }: ErasedSubject,
  records: ErasedRecords,
): Kept {
  const dataset = context.datasets.get(row.dataset);
  const strategies = strategiesOf(context.policy, dataset.name);
  const before: unknown = JSON.parse(row.payload);
  const isOpen = row.status === "open" && (row.missingKey !== null || row.isCorrected) && mayWait(dataset);
  const isUnpublished = row.isUnpublished && mayWait(dataset);
  const hash = isOpen || isUnpublished ? dataset.recordHash(before, key) : null;
  // Unless the person has come, nobody will: then an old file must not bring the record either.
  const waits = isUnpublished || (isOpen && (!waitsForItsPerson(row) || hasArrived === true));
  if (hash !== null && !waits) records.forget(hash, key);
  const after = waits
    ? dataset.mask(before, {
        outcome,
        key,
        strategies,
        replacementOf: (recordHash) => records.replace(recordHash, key, erasureId),
      })
    : dataset.emptied;
  return { payload: JSON.stringify(after), values: countMaskedValues(before, after), waits };
}

/** Reports whether records of a dataset may wait for others. */
function mayWait({ erasure, merge }: Dataset): boolean {
  return erasure === undefined && merge.missingKeyArrived !== null;
}

function readable(row: QuarantinedRow): string {
  return Buffer.from(row.payload, row.encoding).toString("utf8");
}
