import type { Receipt } from "@lethe/contracts/erasures";
import type { VerifySignature } from "@lethe/contracts/proof";
import { checkpointMessage } from "./hash-checkpoint.js";
import { chainHash, hashContent, sha256 } from "./hash-entry.js";

/**
 * Checks a receipt alone: that its content fits its hash, and that its links lead from it to a checkpoint that is signed.
 * Returns what does not fit. A receipt without a checkpoint is held against its own hash and nothing else.
 */
export function checkReceipt(receipt: Receipt, verifySignature: VerifySignature | undefined): string[] {
  const faults: string[] = [];
  const content = { ...receipt, kind: "receipt" as const };
  if (chainHash(receipt.previousHash, hashContent(content)) !== receipt.hash) {
    faults.push("its content does not fit its hash");
  }
  const { checkpoint, links } = receipt;
  if (checkpoint === null) return faults;
  const head = links.reduce(chainHash, receipt.hash);
  if (head !== checkpoint.headHash || receipt.sequence + links.length !== checkpoint.logSize) {
    faults.push("its links do not lead to the checkpoint that it names");
  }
  const message = checkpointMessage(checkpoint);
  if (sha256(message) !== checkpoint.hash) faults.push("the content of its checkpoint does not fit that one's hash");
  if (verifySignature !== undefined && !verifySignature(checkpoint.keyId, message, checkpoint.signature)) {
    faults.push(`its checkpoint's signature is not that of a key that is given (it names key ${checkpoint.keyId})`);
  }
  return faults;
}
