import type { Checkpoint } from "@lethe/contracts/proof";
import { canonicalJson } from "./canonical-json.js";

/** Returns what the signature of a checkpoint is made over: the canonical JSON of every field but hash and signature. */
export function checkpointMessage({
  hash: _hash,
  signature: _signature,
  ...signed
}: Omit<Checkpoint, "hash" | "signature"> & { readonly hash?: string; readonly signature?: string }): string {
  // Says what is signed, so that no other text that the key might sign can be taken for a checkpoint.
  return `lethe checkpoint\n${canonicalJson(signed)}`;
}
