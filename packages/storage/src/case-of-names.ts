import { stat } from "node:fs/promises";
import path from "node:path";

/** Reports whether a folder's file system takes names that differ in case alone for the same. The folder's name must have letters. */
export async function ignoresCase(folder: string): Promise<boolean> {
  const name = path.basename(folder);
  const otherName = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
  const [own, other] = await Promise.all([
    stat(folder),
    stat(path.join(path.dirname(folder), otherName)).catch(() => undefined),
  ]);
  return other !== undefined && other.ino === own.ino && other.dev === own.dev;
}

/**
 * Creates a finder of names that a file system which ignores case takes for one: for each path it returns the first that was the
 * same but for case and for how accents are encoded, and undefined for one that is new.
 */
export function createTwinFinder(): (path: string) => string | undefined {
  const first = new Map<string, string>();
  return (path) => {
    const folded = path.normalize("NFC").toLowerCase();
    const twin = first.get(folded);
    if (twin === undefined) first.set(folded, path);
    return twin;
  };
}
