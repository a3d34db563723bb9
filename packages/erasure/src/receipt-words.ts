import type { ErasureOutcome, ErasurePlace, Receipt } from "@lethe/contracts/erasures";
import { count, formatDays } from "@lethe/contracts/format-number";
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

/** Formats the time from receiving the request to its completion: `16 seconds`, `3 hours`, `1.5 days`. */
export function formatTimeTaken(receipt: Receipt): string {
  const seconds = Math.max(0, Math.round(daysTaken(receipt) * 86_400));
  if (seconds < 120) return count(seconds, "second");
  if (seconds < 7_200) return count(Math.round(seconds / 60), "minute");
  if (seconds < 86_400) return count(Math.round(seconds / 3_600), "hour");
  return `${formatDays(daysTaken(receipt))} days`;
}

/** What becomes of purchases by each outcome, in one clause. */
export const PURCHASES_STAY: Readonly<Record<ErasureOutcome, string>> = {
  unlink: "purchases stay for the books, without a link to the person or to one another",
  aggregate: "purchases stay as anonymous sums alone",
  pseudonymise: "purchases stay under one pseudonym, which is personal data still",
};

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

/** Describes what the closing scan did not search; empty where there is nothing, and where the receipt does not know. */
export function describeNotSearched(notSearched: Receipt["body"]["scan"]["notSearched"]): string {
  if (notSearched === undefined) return "";
  const { tables, files, destroyed, missing = 0 } = notSearched;
  const left = [
    [tables, "table", "that Lethe may not read or that are too large to be read whole"],
    [files, "file", "that could not be read"],
    [destroyed, "sealed file", "that nobody can read any more, since the erasure destroyed the keys"],
    [missing, "file", "that Lethe keeps and that were not there"],
  ] as const;
  const named = left.filter(([number]) => number > 0).map(([number, thing, why]) => `${count(number, thing)} ${why}`);
  return named.length === 0 ? "" : `; not searched: ${named.join("; ")}`;
}

/** Names a place: a table, or a file with its folder before it. */
export function namePlace({ place, name }: Pick<ErasurePlace, "place" | "name">): string {
  return printable(name === "" ? place : `${place}/${name}`);
}
