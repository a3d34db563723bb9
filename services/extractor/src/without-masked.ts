import type { DatasetName } from "@lethe/contracts/datasets";
import { partitionPath } from "@lethe/contracts/partition";
import { inputFormatOf } from "@lethe/input-files/input-format";
import { claimedKeyOf, convertedKeyOf } from "@lethe/storage/claimed-key";
import {
  type ChangedContent,
  changedContents,
  countAlreadyLoaded,
  knownDeliveries,
  releaseQuarantined,
} from "@lethe/warehouse/ledger/claim-files";
import { inFencedTransaction, requireExtraction, whileChangingRun } from "@lethe/warehouse/ledger/extraction-fence";
import type { ClaimedFile } from "./claim-landed.js";
import type { ExtractionContext } from "./context.js";
import { note } from "./notes.js";
import type { TakenFile } from "./taken-file.js";

/**
 * Returns a run's files, but for each whose content came before and had people masked in it since, what the archive keeps of
 * it: the records of the others are a new delivery, and whoever was erased does not come back. Where the archive has lost it,
 * the file counts as loaded. A delivery that stands in quarantine as a whole and can be read now is taken again. `read` reads a
 * claimed file.
 */
export async function withoutMasked(
  context: ExtractionContext,
  runId: string,
  dataset: DatasetName,
  files: readonly TakenFile[],
  read: (file: ClaimedFile) => Promise<TakenFile | undefined>,
): Promise<TakenFile[]> {
  const hashes = files.flatMap(({ contents }) => contents);
  const before = await changedContents(context.pool, dataset, hashes);
  await retakeQuarantined(context, files, before);
  const changed = before.filter((one) => !one.isQuarantined);
  if (changed.length === 0) return [...files];
  // The same delivery loads nothing anyway.
  const known = await knownDeliveries(
    context.pool,
    dataset,
    files.map(({ delivery }) => delivery),
  );
  const result: TakenFile[] = [];
  for (const file of files) {
    const isKnown = known.some((delivery) => delivery.equals(file.delivery));
    const masked = changed.findLast(({ sha256 }) => !isKnown && file.contents.some((hash) => hash.equals(sha256)));
    const taken = masked === undefined ? file : await takeMasked(context, runId, dataset, file, masked, read);
    if (taken !== undefined) result.push(taken);
  }
  return result;
}

/**
 * Releases deliveries that stand in quarantine as a whole and can be read now, because a setting has changed since. What
 * people were masked in stays, and whoever was erased from it does not come back.
 */
async function retakeQuarantined(
  { pool, fence, storage }: ExtractionContext,
  files: readonly TakenFile[],
  before: readonly ChangedContent[],
): Promise<void> {
  const retaken = before.filter(
    ({ isQuarantined, isMasked, delivery }) =>
      isQuarantined &&
      !isMasked &&
      files.some((file) => file.unreadable === undefined && delivery !== null && file.delivery.equals(delivery)),
  );
  if (retaken.length === 0) return;
  await requireExtraction(pool, fence);
  // First the copy: after a crash, its delivery is claimed still and comes here again.
  await storage.remove(
    "quarantined",
    retaken.map(({ keptPath }) => keptPath),
  );
  await inFencedTransaction(pool, fence, (client) =>
    releaseQuarantined(
      client,
      retaken.map(({ fileId }) => fileId),
    ),
  );
}

async function takeMasked(
  context: ExtractionContext,
  runId: string,
  dataset: DatasetName,
  file: TakenFile,
  masked: ChangedContent,
  read: (file: ClaimedFile) => Promise<TakenFile | undefined>,
): Promise<TakenFile | undefined> {
  const { storage } = context;
  await note(context, "content_masked", pathOfMasked(dataset, file, masked));
  const remove = () => storage.remove("claimed", [file.claimedKey, convertedKeyOf(file.claimedKey)]);
  const kept = await storage.open("archived", masked.keptPath);
  if (kept === undefined) {
    await whileChangingRun(context.pool, context.fence, (client) => countAlreadyLoaded(client, runId, 1));
    await remove();
    return undefined;
  }
  // The sender's name may itself name who was erased.
  const path = pathOfMasked(dataset, file, masked);
  const claimedKey = claimedKeyOf(runId, path);
  try {
    await (await storage.write("claimed", claimedKey, kept.bytes())).commit();
  } finally {
    await kept.close();
  }
  await remove();
  const { partition, delivery } = file;
  const namedFormat = inputFormatOf(masked.keptPath) ?? file.namedFormat;
  const again = await read({ path, partition, namedFormat, claimedKey });
  return again && { ...again, delivery };
}

function pathOfMasked(dataset: DatasetName, { partition, delivery }: TakenFile, { keptPath }: ChangedContent): string {
  const format = keptPath.slice(keptPath.indexOf(".", keptPath.lastIndexOf("/")) + 1).replace(/^\d+\./, "");
  return `${partitionPath(partition)}/${dataset}.again-${delivery.toString("hex").slice(0, 12)}.${format}`;
}
