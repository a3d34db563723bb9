import type { Receipt } from "@lethe/contracts/erasures";
import { count } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import { printable } from "@lethe/contracts/printable";
import {
  describeNotSearched,
  describeReapplied,
  describeSignature,
  formatTimeTaken,
  summarizeReceipt,
} from "@lethe/erasure/receipt-words";
import { formatPlaces } from "./erasures.js";
import { formatFields } from "./fields.js";

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

function describeDays(receipt: Receipt): string {
  return `after ${formatTimeTaken(receipt)}; the limit is one month`;
}

function describeScan({ tables, records, files, bytes, findings, notSearched }: Receipt["body"]["scan"]): string {
  const looked = [count(tables, "table"), count(records, "record"), count(files, "file"), count(bytes, "byte")];
  return `${count(findings, "finding")} in ${looked.join(", ")}${describeNotSearched(notSearched)}`;
}
