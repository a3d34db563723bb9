import { count } from "@lethe/contracts/format-number";
import { printable } from "@lethe/contracts/printable";
import type { Checkpoint } from "@lethe/contracts/proof";
import { namePlace } from "@lethe/erasure/receipt-words";
import type { Verification } from "@lethe/erasure/verify-erasures";
import { nameFault, type ReceiptFileCheck } from "../receipt-file.js";

/** How many places and faults are named; the count says how many there are. */
const MAX_NAMED = 100;

/** Formats what the verification of the receipt chain and the scan of everything have found. */
export function formatVerification(verification: Verification): string {
  const { receipts, faults, withoutReceipt, looked, findings, unsigned } = verification;
  const scanned = `${count(looked.records, "record")} and ${count(looked.files, "file")} (${count(looked.bytes, "byte")}) looked through`;
  return [
    formatFaults(
      [
        ...faults.map(nameFault),
        ...withoutReceipt.map((id) => `erasure ${id}: it was completed, and its receipt is gone`),
      ],
      receipts,
    ),
    ...(unsigned === 0 ? [] : [`not yet under a signature: ${count(unsigned, "entry")}`]),
    findings.length === 0
      ? `${scanned}: nothing of an erased person is there`
      : [
          `${scanned}: erased people are still in ${count(findings.length, "place")}`,
          ...named(findings.map((finding) => `${namePlace(finding)}: ${count(finding.records, "record")}`)),
        ].join("\n"),
    ...notesOn(verification),
  ].join("\n");
}

function notesOn({ held, notSearched: { tables, sealed, destroyed, unreadable, missing } }: Verification): string[] {
  return [
    ...(held === 0 ? [] : [`${count(held, "record")} held until a person decides whose they are`]),
    ...(tables === 0 ? [] : [`${count(tables, "table")} not searched: this login may not read what is in them`]),
    ...(sealed === 0 ? [] : [`${count(sealed, "file")} not searched: encrypted, since nothing can read them`]),
    ...(destroyed === 0 ? [] : [`${count(destroyed, "file")} that nothing could search were destroyed by erasures`]),
    ...(unreadable === 0 ? [] : [`${count(unreadable, "file")} not searched: the disk does not give them`]),
    ...(missing === 0 ? [] : [`${count(missing, "file")} not searched: Lethe keeps them, and they are not there`]),
  ];
}

/** Formats what the check of exported receipts has found. It claims no more than was checked. */
export function formatReceiptFileCheck(check: ReceiptFileCheck): string {
  const { receipts, checkpoints, faults, unsigned } = check;
  const newest = checkpoints.at(-1);
  return [
    check.isPiece ? formatPieces(check) : formatFaults(faults, receipts),
    ...(newest === undefined ? [] : [describeCheckpoint(newest)]),
    ...(check.isSignatureChecked ? [] : ["Signatures were not checked: give --public-key."]),
    ...(unsigned === 0 ? [] : [`not yet under a signature: ${count(unsigned, check.isPiece ? "receipt" : "entry")}`]),
  ].join("\n");
}

/** Receipts alone are no log: each can be held against its own hash and its checkpoint, and nothing else. */
function formatPieces({ receipts, faults }: ReceiptFileCheck): string {
  if (faults.length > 0) return formatFaults(faults, receipts);
  return `${count(receipts, "receipt")}: the content fits the hash, and leads to the checkpoint where there is one`;
}

function describeCheckpoint({ number, logSize, hash, keyId, createdAt }: Checkpoint): string {
  return `newest checkpoint: number ${number} over ${count(logSize, "entry")}, ${printable(createdAt)}, key ${printable(keyId)}, hash ${printable(hash)}`;
}

function formatFaults(faults: readonly string[], receipts: number): string {
  if (faults.length === 0) return `${count(receipts, "receipt")}: the log is whole`;
  return [`${count(receipts, "receipt")}: ${count(faults.length, "fault")} in the log`, ...named(faults)].join("\n");
}

function named(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_NAMED).map((line) => `  ${printable(line)}`);
  return lines.length > MAX_NAMED ? [...shown, `  and ${lines.length - MAX_NAMED} more`] : shown;
}
