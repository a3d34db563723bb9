import type { LandedFile } from "@lethe/landing/scan-landing";
import { claimedKeyOf } from "@lethe/storage/claimed-key";
import { requireExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import type { ExtractionContext } from "./context.js";
import { noteNotTaken } from "./notes.js";

/** A file that a run has moved out of its sender's reach. */
export interface ClaimedFile extends LandedFile {
  /** Its key in area `claimed`. */
  readonly claimedKey: string;
}

/**
 * Moves files from landing to the run's part of the claimed area, and returns those that it got. One that the system does not
 * let go is named in the run; one that another run or its sender has taken is not.
 */
export async function claimLanded(
  context: Pick<ExtractionContext, "pool" | "fence" | "storage">,
  runId: string,
  files: readonly LandedFile[],
): Promise<ClaimedFile[]> {
  const wanted = files.map((file) => ({ ...file, claimedKey: claimedKeyOf(runId, file.path) }));
  // One that has lost the run must not put a newer file in place of one that its successor reads.
  await requireExtraction(context.pool, context.fence);
  const outcomes = await context.storage.claim(
    wanted.map(({ path, claimedKey }) => ({ key: path, newKey: claimedKey })),
  );
  const claimed: ClaimedFile[] = [];
  for (const [i, file] of wanted.entries()) {
    const outcome = outcomes[i];
    if (outcome === "claimed") claimed.push(file);
    else if (outcome !== undefined && outcome !== "gone") {
      await noteNotTaken(context, "file_unmovable", file.path, `The system says ${outcome.refusedWith}.`);
    }
  }
  return claimed;
}
