import { nameOfFormat } from "@lethe/input-files/input-format";
import type { FoundFile } from "@lethe/warehouse/ledger/claim-files";
import type { InspectedFile } from "./inspect-file.js";
import type { LedgerHashes } from "./ledger-hash.js";

/** A file that was read, with the hashes by which the ledger knows it. */
export type TakenFile = InspectedFile & LedgerHashes;

/** Returns what the ledger is to record of a file. */
export function toFoundFile({ path, partition, bytes, sha256, delivery, format, convertedFrom }: TakenFile): FoundFile {
  return { path, partition, bytes, sha256, delivery, format: nameOfFormat(format), convertedFrom };
}
