import { claimedKeyOf, convertedKeyOf, isMadeOfClaimed, readKeyOf, sourceOfMade } from "./claimed-key.js";
import { spareKeyOf } from "./spare-key.js";
import type { Storage } from "./storage.js";

/** Yields the keys that the files of a run's part of the claimed area had in landing, in no order. */
export async function* claimedPaths(storage: Storage, runId: string): AsyncGenerator<string> {
  for await (const path of pathsBelow(storage, runId, "")) if (!isMadeOfClaimed(path)) yield path;
}

async function* pathsBelow(storage: Storage, runId: string, folder: string): AsyncGenerator<string> {
  const folders: string[] = [];
  for await (const { name, kind } of storage.list("claimed", folder === "" ? runId : `${runId}/${folder}`)) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (kind === "folder") folders.push(path);
    else yield path;
  }
  for (const below of folders) yield* pathsBelow(storage, runId, below);
}

/**
 * Puts a claimed file back where it was in landing, or beside it where a newer file has taken its name; what Lethe made of
 * it is removed, but for `keptKey`. Returns the key that it has in landing now; undefined when it is not there.
 */
export async function returnClaimedFile(
  storage: Storage,
  runId: string,
  path: string,
  keptKey?: string,
): Promise<string | undefined> {
  const key = claimedKeyOf(runId, path);
  await storage.remove(
    "claimed",
    [convertedKeyOf(key), readKeyOf(key)].filter((made) => made !== keptKey),
  );
  return storage.returnToLanding(key, [path, spareKeyOf(path, runId)]);
}

/** A file that went back to landing under another name, because a newer one has its own. */
export interface RenamedFile {
  readonly path: string;
  readonly newPath: string;
}

/**
 * Removes what Lethe made of a closed run's files, but for the `held` paths: it holds what came in clear, and can be made
 * again of what went back to landing.
 */
export async function removeMade(storage: Storage, runId: string, held: ReadonlySet<string>): Promise<void> {
  const made: string[] = [];
  for await (const path of pathsBelow(storage, runId, "")) {
    if (isMadeOfClaimed(path) && !held.has(sourceOfMade(path))) made.push(claimedKeyOf(runId, path));
  }
  if (made.length > 0) await storage.remove("claimed", made);
}

/**
 * Puts back into landing what a closed run has left in the claimed area, but for the `held` paths, and removes what Lethe made
 * of it.
 */
export async function returnClaimed(
  storage: Storage,
  runId: string,
  held: ReadonlySet<string>,
): Promise<readonly RenamedFile[]> {
  const renamed: RenamedFile[] = [];
  const paths: string[] = [];
  for await (const path of claimedPaths(storage, runId)) if (!held.has(path)) paths.push(path);
  for (const path of paths) {
    const newPath = await returnClaimedFile(storage, runId, path);
    if (newPath !== undefined && newPath !== path) renamed.push({ path, newPath });
  }
  await removeMade(storage, runId, held);
  return renamed;
}
