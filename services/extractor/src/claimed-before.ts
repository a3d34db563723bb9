import type { DatasetName } from "@lethe/contracts/datasets";
import { createKeyReader, placeOf } from "@lethe/landing/scan-landing";
import { claimedPaths } from "@lethe/storage/claimed-files";
import { claimedKeyOf } from "@lethe/storage/claimed-key";
import type { Storage } from "@lethe/storage/storage";
import type { ClaimedFile } from "./claim-landed.js";

/** Returns the files that a run claimed before it was interrupted, ordered by partition and name. */
export async function claimedBefore(
  storage: Storage,
  runId: string,
  datasets: readonly DatasetName[],
): Promise<ClaimedFile[]> {
  const files: ClaimedFile[] = [];
  const read = createKeyReader(datasets);
  for await (const path of claimedPaths(storage, runId)) {
    const landed = read(path);
    if (landed !== undefined) files.push({ ...landed, claimedKey: claimedKeyOf(runId, path) });
  }
  return files.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}
