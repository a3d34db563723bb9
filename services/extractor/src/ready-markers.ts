import { isClutter } from "@lethe/contracts/landing-clutter";
import type { LandedFile } from "@lethe/landing/scan-landing";
import { inGroups } from "@lethe/storage/in-groups";
import type { Storage } from "@lethe/storage/storage";

/**
 * How a sender marks what is finished: not at all; by a file `_SUCCESS` in the folder; or by an empty file beside each, of its
 * name and `.done`.
 */
export const READY_MARKERS = ["none", "_SUCCESS", ".done"] as const;
export type ReadyMarker = (typeof READY_MARKERS)[number];

/** Returns those of the files that their sender has marked as finished. */
export async function markedFiles(
  storage: Storage,
  files: readonly LandedFile[],
  marker: Exclude<ReadyMarker, "none">,
): Promise<LandedFile[]> {
  const keys = [...new Set(files.map((file) => markerOf(file, marker)))];
  const sizes = await inGroups(keys, (key) => storage.size("landing", key));
  const there = new Set(keys.filter((_, i) => sizes[i] !== undefined));
  return files.filter((file) => there.has(markerOf(file, marker)));
}

/** Removes the markers of files that were taken: that of a folder once no file is left there. */
export async function removeMarkers(
  storage: Storage,
  taken: readonly LandedFile[],
  marker: Exclude<ReadyMarker, "none">,
): Promise<void> {
  const keys = [...new Set(taken.map((file) => markerOf(file, marker)))];
  const isDone = await inGroups(keys, async (key) => {
    if (marker === ".done") return true;
    const entries = await storage.listWhole("landing", key.slice(0, Math.max(key.lastIndexOf("/"), 0)));
    return entries.every(({ name }) => isClutter(name));
  });
  await storage.remove(
    "landing",
    keys.filter((_, i) => isDone[i] === true),
  );
}

function markerOf({ path }: LandedFile, marker: Exclude<ReadyMarker, "none">): string {
  return marker === ".done" ? `${path}.done` : `${path.slice(0, path.lastIndexOf("/") + 1)}_SUCCESS`;
}
