import type { Receipt } from "@lethe/contracts/erasures";
import type { SignedEntry, VerifySignature } from "@lethe/contracts/proof";
import { checkpointMessage } from "./hash-checkpoint.js";
import { chainHash, hashContent, sha256 } from "./hash-entry.js";

/**
 * Checks a receipt alone: that its content fits its hash, and that its links lead from it to a checkpoint that is signed; and so
 * for what says that it was reapplied. Returns what does not fit. A receipt without a checkpoint is held against its own hash
 * and nothing else.
 */
export function checkReceipt(receipt: Receipt, verifySignature: VerifySignature | undefined): string[] {
  const { sequence, createdAt, body, previousHash, hash, checkpoint, links } = receipt;
  const entry = { kind: "receipt" as const, sequence, createdAt, body, previousHash, hash };
  return [
    ...checkSigned({ entry, checkpoint, links }, verifySignature),
    ...receipt.reapplied.flatMap((reapplied) => [
      ...(isAbout(reapplied, body.erasureId) ? [] : ["what says that it was reapplied is about another erasure"]),
      ...checkSigned(reapplied, verifySignature),
    ]),
  ];
}

function isAbout({ entry: { kind, body } }: SignedEntry, erasureId: string): boolean {
  return kind === "reapplied" && [body.erasureId, body.by].includes(erasureId);
}

function checkSigned(
  { entry, checkpoint, links }: SignedEntry,
  verifySignature: VerifySignature | undefined,
): string[] {
  const faults: string[] = [];
  if (chainHash(entry.previousHash, hashContent(entry)) !== entry.hash)
    faults.push("its content does not fit its hash");
  if (checkpoint === null) return faults;
  const head = links.reduce(chainHash, entry.hash);
  if (head !== checkpoint.headHash || entry.sequence + links.length !== checkpoint.logSize) {
    faults.push("its links do not lead to the checkpoint that it names");
  }
  const message = checkpointMessage(checkpoint);
  if (sha256(message) !== checkpoint.hash) faults.push("the content of its checkpoint does not fit that one's hash");
  if (verifySignature !== undefined && !verifySignature(checkpoint.keyId, message, checkpoint.signature)) {
    faults.push(`its checkpoint's signature is not that of a key that is given (it names key ${checkpoint.keyId})`);
  }
  return faults;
}
