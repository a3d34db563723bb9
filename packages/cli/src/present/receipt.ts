import type { Receipt } from "@lethe/contracts/erasures";
import { formatPlaces } from "./erasures.js";
import { formatCount } from "./table.js";

/** Gives a receipt's facts, title by title, as the text and the page show them. */
export function receiptFacts({ body, sequence, previousHash, hash }: Receipt): readonly (readonly [string, string])[] {
  const { scan } = body;
  return [
    ["Receipt", String(sequence)],
    ["Erasure", body.erasureId],
    ["Person", `${body.pseudonym} (key ${body.keyId})`],
    ["Known when the request came", body.found ? "yes" : "no; masked on arrival from then on"],
    ["Requested", body.requestedAt],
    ["Received", body.receivedAt],
    ["Suppressed", body.suppressedAt],
    ["Completed", `${body.completedAt} (${daysTaken(body.receivedAt, body.completedAt)} of one month)`],
    ["Policy", body.policyVersion],
    ["Tables vacuumed", body.vacuumedAt],
    [
      "Closing scan",
      `${formatCount(scan.tables)} tables, ${formatCount(scan.files)} files, ${formatCount(scan.records)} records, ` +
        `${formatCount(scan.bytes)} bytes: ${formatCount(scan.findings)} findings`,
    ],
    ["Hash", hash],
    ["Hash of the receipt before", previousHash],
  ];
}

/** Lays a receipt out as text. */
export function formatReceipt(receipt: Receipt): string {
  const facts = receiptFacts(receipt);
  const width = Math.max(...facts.map(([title]) => title.length));
  const lines = facts.map(([title, fact]) => `${title.padEnd(width)}  ${fact}`);
  return `${lines.join("\n")}\n\n${formatPlaces(receipt.body.places)}`;
}

const DAY_MS = 24 * 60 * 60 * 1000;

function daysTaken(from: string, to: string): string {
  const days = (new Date(to).getTime() - new Date(from).getTime()) / DAY_MS;
  return days < 1 ? "less than a day" : `${days.toFixed(1)} days`;
}
