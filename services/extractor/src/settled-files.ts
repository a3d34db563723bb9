import { setTimeout } from "node:timers/promises";
import type { LandedFile } from "@lethe/landing/scan-landing";
import { inGroups } from "@lethe/storage/in-groups";
import type { FileState, Storage } from "@lethe/storage/storage";

/** A file that may still be written, and what it was when it was looked at. */
interface Watched {
  readonly file: LandedFile;
  readonly state: FileState;
}

export interface SettledFiles {
  /** Files that nobody has changed for the settle time. */
  readonly settled: readonly LandedFile[];
  /** Waits once for the others, at most for the settle time, and says which of them have not changed meanwhile. */
  settleOthers(signal: AbortSignal): Promise<{
    readonly settled: readonly LandedFile[];
    readonly growing: readonly LandedFile[];
  }>;
}

/**
 * Looks which files have been quiet for `settleMs`, by their size and time of change. Of a time that is ahead of this
 * machine's clock nothing follows: such a file is looked at twice. A file of a name that `isWhole` knows was put there whole.
 */
export async function findSettled(
  storage: Storage,
  files: readonly LandedFile[],
  settleMs: number,
  isWhole: (name: string) => boolean,
): Promise<SettledFiles> {
  const now = Date.now();
  const settled: LandedFile[] = [];
  const watched: Watched[] = [];
  let waitMs = 0;
  const states = await inGroups(files, async ({ path }) =>
    settleMs === 0 || isWhole(path.slice(path.lastIndexOf("/") + 1)) ? undefined : storage.look("landing", path),
  );
  for (const [i, file] of files.entries()) {
    const state = states[i];
    const age = state === undefined ? Number.POSITIVE_INFINITY : now - state.changedMs;
    if (state === undefined || age >= settleMs) settled.push(file);
    else {
      watched.push({ file, state });
      waitMs = Math.max(waitMs, age < 0 ? settleMs : settleMs - age);
    }
  }
  return {
    settled,
    async settleOthers(signal) {
      if (watched.length === 0) return { settled: [], growing: [] };
      await setTimeout(waitMs, undefined, { signal });
      const again = await inGroups(watched, ({ file }) => storage.look("landing", file.path));
      const isQuiet = watched.map(({ state }, i) => isSame(state, again[i]));
      return {
        settled: watched.filter((_, i) => isQuiet[i] === true).map(({ file }) => file),
        growing: watched.filter((_, i) => isQuiet[i] !== true && again[i] !== undefined).map(({ file }) => file),
      };
    },
  };
}

function isSame(one: FileState, other: FileState | undefined): boolean {
  return other !== undefined && one.bytes === other.bytes && one.changedMs === other.changedMs && one.id === other.id;
}
