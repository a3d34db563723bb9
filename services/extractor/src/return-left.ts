import { returnClaimed, returnClaimedFile } from "@lethe/storage/claimed-files";
import { isRunId } from "@lethe/storage/claimed-key";
import { whileClosed } from "@lethe/warehouse/ledger/closed-runs";
import { requireExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { ClaimedFile } from "./claim-landed.js";
import type { ExtractionContext, ExtractorContext } from "./context.js";
import { note } from "./notes.js";

type ReturnContext = Pick<ExtractorContext, "pool" | "storage">;

/** Puts back into landing what a run has claimed and, closed, will not take any more. */
export async function returnLeft({ pool, storage }: ReturnContext, runId: string): Promise<void> {
  await whileClosed(pool, runId, async (client, held) => {
    const isKnown = (await client.query("select from ledger.runs where id = $1", [runId])).rowCount === 1;
    for (const renamed of await returnClaimed(storage, runId, held)) {
      if (isKnown) await addNotice(client, runId, "file_renamed", renamed.path, `It is ${renamed.newPath} now.`);
    }
  });
}

/** Puts back into landing what closed runs have left in the claimed area after a crash. */
export async function returnLeftByOthers(context: ReturnContext, runId: string): Promise<void> {
  for await (const { name, kind } of context.storage.list("claimed", "")) {
    if (kind === "folder" && name !== runId && isRunId(name)) await returnLeft(context, name);
  }
}

/** Puts one file of the run that is extracted back into landing, and names it in the run where it gets another name there. */
export async function returnFile(
  context: Pick<ExtractionContext, "pool" | "fence" | "storage">,
  runId: string,
  { path }: ClaimedFile,
): Promise<void> {
  const { pool, fence, storage } = context;
  // Its successor may be reading it.
  await requireExtraction(pool, fence);
  const newPath = await returnClaimedFile(storage, runId, path);
  if (newPath !== undefined && newPath !== path) await note(context, "file_renamed", path, `It is ${newPath} now.`);
}
