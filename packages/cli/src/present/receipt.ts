import { ERASURE_LIMIT_DAYS, type Receipt } from "@lethe/contracts/erasures";
import type { SignedEntry } from "@lethe/contracts/proof";
import { formatDays, formatPlaces } from "./erasures.js";
import { formatFields } from "./fields.js";
import { printable } from "./runs.js";
import { formatCount } from "./table.js";
import { formatTime } from "./time.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Formats a receipt for people to read. */
export function formatReceipt(receipt: Receipt): string {
  const { body } = receipt;
  const { scan } = body;
  const fields = formatFields([
    ["receipt", `number ${receipt.sequence}`],
    ["erasure", body.erasureId],
    ["pseudonym", printable(body.pseudonym)],
    ["requested", formatTime(body.requestedAt)],
    ["received", formatTime(body.receivedAt)],
    ["suppressed", formatTime(body.suppressedAt)],
    ["completed", `${formatTime(body.completedAt)}, ${describeDays(receipt)}`],
    ["vacuumed", formatTime(body.vacuumedAt)],
    ["closing scan", describeScan(scan)],
    ["policy", printable(body.policyVersion)],
    ["outcome", body.outcome],
    ["key", printable(body.keyId)],
    ["hash", printable(receipt.hash)],
    ["hash before", printable(receipt.previousHash)],
    ["written", formatTime(receipt.createdAt)],
    ["signature", describeSignature(receipt)],
    ...receipt.reapplied.map((again): [string, string] => ["reapplied", describeReapplied(again)]),
  ]);
  const places = body.places.length === 0 ? "Nothing had to be masked." : formatPlaces(body.places);
  return `${fields}\n\n${summarizeReceipt(receipt)}\n\n${places}`;
}

/** Summarises in one sentence what was done. */
export function summarizeReceipt({ body }: Receipt): string {
  if (!body.found) {
    return "Nothing was known of this person when the request was carried out; whatever comes later is masked on arrival.";
  }
  const records = body.places.reduce((sum, place) => sum + place.records, 0);
  const values = body.places.reduce((sum, place) => sum + place.values, 0);
  const masked = `${count(values, "value")} in ${count(records, "record")} ${values === 1 ? "was" : "were"} masked`;
  return `${masked}, in ${count(body.places.length, "place")}; records that come later are masked on arrival.`;
}

/** Returns the days from receiving the request to its completion. */
export function daysTaken({ body }: Receipt): number {
  return (Date.parse(body.completedAt) - Date.parse(body.receivedAt)) / DAY_MS;
}

/** Writes a number of things: `1 file`, `2,000 files`. */
export function count(number: number, thing: string): string {
  const many = thing.endsWith("y") ? `${thing.slice(0, -1)}ies` : `${thing}s`;
  return `${formatCount(number)} ${number === 1 ? thing : many}`;
}

/** Describes which signed checkpoint covers a receipt. */
export function describeSignature({ checkpoint }: Receipt): string {
  if (checkpoint === null) return "not yet under a signature";
  const { number, keyId, createdAt } = checkpoint;
  return `checkpoint ${number}, signed at ${formatTime(createdAt)} with key ${printable(keyId)}`;
}

/** Describes when an erasure was done again, because a backup from before it was restored. */
export function describeReapplied(again: SignedEntry): string {
  const { entry } = again;
  const signed =
    again.checkpoint === null ? "not yet under a signature" : `under checkpoint ${again.checkpoint.number}`;
  return `at ${formatTime(entry.createdAt)} to a restored backup, by erasure ${printable(String(entry.body.by))}; ${signed}`;
}

function describeDays(receipt: Receipt): string {
  return `after ${formatDays(daysTaken(receipt))} of ${ERASURE_LIMIT_DAYS} days`;
}

function describeScan({ tables, records, files, bytes, findings, notSearched }: Receipt["body"]["scan"]): string {
  const looked = [count(tables, "table"), count(records, "record"), count(files, "file"), count(bytes, "byte")];
  return `${count(findings, "finding")} in ${looked.join(", ")}${describeMissing(notSearched?.missing)}`;
}

/** Describes the files that were not there to be searched; empty where there is none. */
export function describeMissing(missing = 0): string {
  return missing === 0 ? "" : `; ${count(missing, "file")} that Lethe keeps were not there, and were not searched`;
}
