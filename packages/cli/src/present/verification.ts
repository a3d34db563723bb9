import type { Verification } from "@lethe/erasure/verify-erasures";
import type { ReceiptFileCheck } from "../receipt-file.js";
import { namePlace } from "./erasures.js";
import { formatNumberRanges } from "./number-ranges.js";
import { count } from "./receipt.js";
import { printable } from "./runs.js";

/** How many places and faults are named; the count says how many there are. */
const MAX_NAMED = 100;

/** Formats what the verification of the receipt chain and the scan of everything have found. */
export function formatVerification(verification: Verification): string {
  const { receipts, faults, withoutReceipt, looked, findings } = verification;
  const scanned = `${count(looked.records, "record")} and ${count(looked.files, "file")} (${count(looked.bytes, "byte")}) looked through`;
  return [
    formatFaults(
      [
        ...faults.map(({ sequence, erasureId, fault }) => `receipt ${sequence} (erasure ${erasureId}): ${fault}`),
        ...withoutReceipt.map((id) => `erasure ${id}: it was completed, and its receipt is gone`),
      ],
      receipts,
    ),
    findings.length === 0
      ? `${scanned}: nothing of an erased person is there`
      : [
          `${scanned}: erased people are still in ${count(findings.length, "place")}`,
          ...named(findings.map((finding) => `${namePlace(finding)}: ${count(finding.records, "record")}`)),
        ].join("\n"),
  ].join("\n");
}

/** Formats what the check of a file of receipts has found. */
export function formatReceiptFileCheck({ receipts, faults }: ReceiptFileCheck): string {
  const numbers = formatNumberRanges(receipts.map(({ sequence }) => sequence));
  const last = receipts.at(-1);
  // A receipt alone is no chain: it can be held against its own hash, and nothing else.
  const alone = receipts.length === 1 && faults.length === 0;
  return [
    alone ? "1 receipt: its content fits its hash" : formatFaults(faults, receipts.length),
    ...(numbers === "" ? [] : [`numbers: ${numbers}`]),
    ...(last === undefined ? [] : [`hash of the last: ${printable(last.hash)}`]),
  ].join("\n");
}

function formatFaults(faults: readonly string[], receipts: number): string {
  if (faults.length === 0) return `${count(receipts, "receipt")}: the chain is whole`;
  return [`${count(receipts, "receipt")}: ${count(faults.length, "fault")} in the chain`, ...named(faults)].join("\n");
}

function named(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_NAMED).map((line) => `  ${printable(line)}`);
  return lines.length > MAX_NAMED ? [...shown, `  and ${lines.length - MAX_NAMED} more`] : shown;
}
