import type { DatasetName } from "@lethe/contracts/datasets";
import { isKnownContent } from "@lethe/privacy/content-hash";
import { claimedKeyOf } from "@lethe/storage/claimed-key";
import { compareWithRead, firstBytesOf } from "@lethe/storage/compare-with-read";
import { inGroups } from "@lethe/storage/in-groups";
import { filesDoneLately, type LateFile } from "@lethe/warehouse/ledger/finish-files";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { ExtractorContext } from "./context.js";

/** Files that are looked at again: as many as cost a run some milliseconds. */
const MOST_FILES = 1_000;

/**
 * Finds files that a writer has gone on writing into after they were archived or quarantined, among those of the last day.
 * What was read of such a file stays there, and the file itself goes back to landing with all that it holds now.
 */
export async function returnGrown(context: ExtractorContext, runId: string, dataset: DatasetName): Promise<void> {
  const { pool, storage } = context;
  const files = await filesDoneLately(pool, dataset, MOST_FILES);
  const sizes = await inGroups(files, (file) => storage.size(areaOf(file), file.keptPath));
  for (const [i, file] of files.entries()) if ((sizes[i] ?? 0) > file.bytes) await returnIfGrown(context, runId, file);
}

async function returnIfGrown({ pool, storage, ring }: ExtractorContext, runId: string, file: LateFile): Promise<void> {
  const { keptPath, bytes, sha256 } = file;
  const area = areaOf(file);
  const read = { bytes, isRead: (hash: Buffer) => isKnownContent(ring, hash, sha256) };
  // Lethe's own changes (a seal, other headers) are none of a writer's.
  if ((await compareWithRead(storage, area, keptPath, read)) !== "longer") return;
  const key = claimedKeyOf(runId, keptPath);
  const [isThere] = await storage.move(area, "claimed", [{ key: keptPath, newKey: key }]);
  if (isThere !== true) return;
  const written = await storage.write(area, keptPath, firstBytesOf(storage, "claimed", key, bytes));
  await written.commit();
  await storage.returnToLanding(key, [keptPath]);
  await addNotice(pool, runId, "file_grown", keptPath);
}

function areaOf({ isQuarantined }: LateFile): "archived" | "quarantined" {
  return isQuarantined ? "quarantined" : "archived";
}
