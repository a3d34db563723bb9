import { claimedKeyOf } from "@lethe/storage/claimed-key";
import type { ExtractorContext } from "./context.js";
import type { LandedFile } from "./scan-landing.js";

/** A file that a run has moved out of its sender's reach. */
export interface ClaimedFile extends LandedFile {
  /** Its key in area `claimed`. */
  readonly claimedKey: string;
}

/** Moves files from landing to the run's part of the claimed area, and returns those that were still there. */
export async function claimLanded(
  { storage }: Pick<ExtractorContext, "storage">,
  runId: string,
  files: readonly LandedFile[],
): Promise<ClaimedFile[]> {
  const claimed = files.map((file) => ({ ...file, claimedKey: claimedKeyOf(runId, file.path) }));
  const moves = claimed.map(({ path, claimedKey }) => ({ key: path, newKey: claimedKey }));
  // One that is gone was taken by another run, or by its sender.
  const moved = await storage.move("landing", "claimed", moves);
  return claimed.filter((_, i) => moved[i] === true);
}
