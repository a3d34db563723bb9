import type { NoticeCode } from "@lethe/contracts/runs";
import { whileChangingRun } from "@lethe/warehouse/ledger/extraction-fence";
import { countNotTaken } from "@lethe/warehouse/ledger/not-taken";
import { addNotice } from "@lethe/warehouse/ledger/notices";
import type { ExtractionContext } from "./context.js";

type NoteContext = Pick<ExtractionContext, "pool" | "fence">;

/** Adds a notice to the run that is extracted. */
export async function note(
  { pool, fence }: NoteContext,
  code: NoticeCode,
  path: string,
  detail?: string,
): Promise<void> {
  await whileChangingRun(pool, fence, (client) => addNotice(client, fence.runId, code, path, detail));
}

/** Adds a notice about a file that the run does not take, and counts it. */
export async function noteNotTaken(
  { pool, fence }: NoteContext,
  code: NoticeCode,
  path: string,
  detail?: string,
): Promise<void> {
  await whileChangingRun(pool, fence, async (client) => {
    await addNotice(client, fence.runId, code, path, detail);
    await countNotTaken(client, fence.runId);
  });
}
