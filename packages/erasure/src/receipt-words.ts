import type { ErasurePlace, Receipt } from "@lethe/contracts/erasures";
import { count } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import { printable } from "@lethe/contracts/printable";
import type { SignedEntry } from "@lethe/contracts/proof";

const DAY_MS = 24 * 60 * 60 * 1000;

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

/** Describes the files that were not there to be searched; empty where there is none. */
export function describeMissing(missing = 0): string {
  return missing === 0 ? "" : `; ${count(missing, "file")} that Lethe keeps were not there, and were not searched`;
}

/** Names a place: a table, or a file with its folder before it. */
export function namePlace({ place, name }: Pick<ErasurePlace, "place" | "name">): string {
  return printable(name === "" ? place : `${place}/${name}`);
}
