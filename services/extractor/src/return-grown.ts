import type { DatasetName } from "@lethe/contracts/datasets";
import { isKnownContent } from "@lethe/privacy/content-hash";
import { claimedKeyOf } from "@lethe/storage/claimed-key";
import { compareWithRead, firstBytesOf } from "@lethe/storage/compare-with-read";
import { inGroups } from "@lethe/storage/in-groups";
import { requireExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import { filesDoneLately, type LateFile } from "@lethe/warehouse/ledger/finish-files";
import type { ExtractionContext } from "./context.js";
import { note } from "./notes.js";

/** Files that are looked at again: as many as cost a run some milliseconds. */
const MOST_FILES = 1_000;

/**
 * Finds files that a writer has gone on writing into after they were archived or quarantined, among those of the last day.
 * What was read of such a file stays there, and the file itself goes back to landing with all that it holds now.
 */
export async function returnGrown(context: ExtractionContext, runId: string, dataset: DatasetName): Promise<void> {
  const { pool, storage } = context;
  const files = await filesDoneLately(pool, dataset, MOST_FILES);
  const sizes = await inGroups(files, (file) => storage.size(areaOf(file), file.keptPath));
  for (const [i, file] of files.entries()) if ((sizes[i] ?? 0) > file.bytes) await returnIfGrown(context, runId, file);
}

async function returnIfGrown(context: ExtractionContext, runId: string, file: LateFile): Promise<void> {
  const { storage, ring } = context;
  const { keptPath, bytes, sha256 } = file;
  const area = areaOf(file);
  const read = { bytes, isRead: (hash: Buffer) => isKnownContent(ring, hash, sha256) };
  // Lethe's own changes (a seal, other headers) are none of a writer's.
  if ((await compareWithRead(storage, area, keptPath, read)) !== "longer") return;
  await requireExtraction(context.pool, context.fence);
  const key = claimedKeyOf(runId, keptPath);
  const [isThere] = await storage.move(area, "claimed", [{ key: keptPath, newKey: key }]);
  if (isThere !== true) return;
  const written = await storage.write(area, keptPath, firstBytesOf(storage, "claimed", key, bytes));
  await written.commit();
  await storage.returnToLanding(key, [keptPath]);
  await note(context, "file_grown", keptPath);
}

function areaOf({ isQuarantined }: LateFile): "archived" | "quarantined" {
  return isQuarantined ? "quarantined" : "archived";
}
