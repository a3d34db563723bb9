import { access, lstat, opendir, readdir, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigurationError, PathRefusedError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { claimFile, refusalBelow } from "./claim-file.js";
import { claimedFolder } from "./claimed-folder.js";
import { moveAsCopy } from "./copy-across.js";
import { copyInput, requireInput } from "./copy-input.js";
import { quietFolders, removeEmptyFolders, removeUnusedFolders } from "./empty-folders.js";
import { entryKind } from "./entry-kind.js";
import { idOf } from "./file-id.js";
import { fileModes, makeFolders } from "./file-modes.js";
import { AREA_FOLDERS, CLAIMED_IN_LANDING, INCOMING_FOLDER } from "./folder-names.js";
import { inGroups } from "./in-groups.js";
import { createFolderLister } from "./list-whole.js";
import { moveFile } from "./move-file.js";
import { openStored, readWhole, storedBytes } from "./read-stored.js";
import { returnFile } from "./return-file.js";
import type { Area, Storage } from "./storage.js";
import { isTemporary, temporaryBeside, writeStored } from "./write-stored.js";

export interface FolderStorageOptions {
  /** Whether the group of the files' owner may read them; without it, the owner alone. */
  readonly isGroupReadable?: boolean;
  /**
   * How long a folder of landing must have been left alone, in milliseconds, to go with its last file: its sender may be about to
   * write the next one. 0 unless given.
   */
  readonly landingQuietMs?: number;
}

/**
 * Creates the storage of a data folder, on this machine or shared between several. The areas are folders in it, on one file
 * system; a folder that its last file leaves goes too, in landing once it has been quiet. Files and folders are for their owner alone unless `options` say
 * otherwise; a folder that is there already keeps its permissions.
 */
export function openFolderStorage(dataFolder: string, options: FolderStorageOptions = {}): Storage {
  const modes = fileModes(options.isGroupReadable === true);
  const data = resolve(dataFolder);
  const incoming = join(data, INCOMING_FOLDER);
  const landing = join(data, AREA_FOLDERS.landing);
  const claimed = claimedFolder(data, landing);
  const { landingQuietMs = 0 } = options;
  const listFolder = createFolderLister();
  /** Looks which folders may go with the files that are about to leave them. */
  const beforeLeaving = (root: string, keys: readonly string[]) =>
    quietFolders(root, keys, root === landing ? landingQuietMs : 0);
  const rootOf = async (area: Area) => (area === "claimed" ? claimed() : join(data, AREA_FOLDERS[area]));
  const pathOf = async (area: Area, key: string) => join(await rootOf(area), requireInside(key));
  return {
    async *list(area, folder) {
      try {
        for await (const entry of await opendir(await (folder === "" ? rootOf(area) : pathOf(area, folder)))) {
          if (area !== "landing" && isTemporary(entry.name)) continue;
          if (area === "landing" && entry.name === CLAIMED_IN_LANDING) continue;
          yield { name: entry.name, kind: entryKind(entry) };
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async listWhole(area, folder) {
      const root = area === "landing" ? landing : await rootOf(area);
      const path = folder === "" ? root : `${root}/${requireInside(folder)}`;
      const entries = (await ifThere(listFolder(path))) ?? [];
      return area === "landing" ? entries : entries.filter(({ name }) => !isTemporary(name));
    },
    async open(area, key) {
      const file = await ifThere(pathOf(area, key).then(openStored));
      if (file === undefined) return undefined;
      const { handle, size, links, id } = file;
      return {
        size,
        id,
        isShared: links > 1,
        bytes: (pieceBytes) => storedBytes(handle, size, pieceBytes),
        close: () => handle.close(),
      };
    },
    read: async (area, key) => ifThere(pathOf(area, key).then(readWhole)),
    size: async (area, key) => (await ifThere(pathOf(area, key).then((path) => lstat(path))))?.size,
    async look(area, key) {
      const found = await ifThere(pathOf(area, key).then((path) => lstat(path)));
      return found && { bytes: found.size, changedMs: found.mtimeMs, id: idOf(found) };
    },
    async claim(moves) {
      const root = await claimed();
      const paths = moves.map(({ key, newKey }) => ({
        source: join(landing, requireInside(key)),
        target: join(root, requireInside(newKey)),
      }));
      const folders = [...new Set(paths.map(({ target }) => dirname(target)))];
      const made = await inGroups(folders, (folder) =>
        makeFolders(folder, modes).then(
          () => undefined,
          (error: unknown) => refusalBelow(dirname(root), error),
        ),
      );
      const mayGo = await beforeLeaving(
        landing,
        moves.map(({ key }) => key),
      );
      const refused = new Map(folders.map((folder, i) => [folder, made[i]]));
      const outcomes = await inGroups(
        paths,
        async ({ source, target }) => refused.get(dirname(target)) ?? claimFile(source, target),
      );
      await removeEmptyFolders(
        landing,
        moves.filter((_, i) => outcomes[i] === "claimed").map(({ key }) => key),
        mayGo,
      );
      return outcomes;
    },
    async write(area, key, content, options = {}) {
      const [root, path] = [await rootOf(area), await pathOf(area, key)];
      return writeStored({ area, key, root, path, incoming, modes }, content, options);
    },
    async move(from, to, moves) {
      const [fromRoot, toRoot] = [await rootOf(from), await rootOf(to)];
      const paths = moves.map(({ key, newKey }) => ({
        source: join(fromRoot, requireInside(key)),
        target: join(toRoot, requireInside(newKey)),
      }));
      const folders = new Set(paths.map(({ target }) => dirname(target)));
      await inGroups([...folders], (folder) => makeFolders(folder, modes));
      const keys = moves.map(({ key }) => key);
      const mayGo = await beforeLeaving(fromRoot, keys);
      const moved = await inGroups(paths, ({ source, target }) =>
        isDone(to === "claimed" ? moveAsItIs(source, target) : moveFile(source, target, modes)),
      );
      await removeEmptyFolders(fromRoot, keys, mayGo);
      return moved;
    },
    async returnToLanding(key, landingKeys) {
      const root = await rootOf("claimed");
      const source = join(root, requireInside(key));
      const returned = await ifThere(returnFile(source, landing, landingKeys.map(requireInside)));
      if (returned !== undefined) await removeEmptyFolders(root, [key]);
      return returned;
    },
    async remove(area, keys) {
      const root = await rootOf(area);
      const paths = keys.map((key) => join(root, requireInside(key)));
      // What a crash has left of writing them may hold anybody.
      const unfinished = area === "claimed" ? paths.map(temporaryBeside) : [];
      const mayGo = await beforeLeaving(root, keys);
      await inGroups([...paths, ...unfinished], (path) => isDone(unlink(path)));
      await removeEmptyFolders(root, keys, mayGo);
    },
    async removeFolder(area, folder) {
      await rm(await pathOf(area, folder), { recursive: true, force: true });
    },
    removeUnusedFolders: (folders, unusedMs) => removeUnusedFolders(landing, folders.map(requireInside), unusedMs),
    async removeAbandoned(ageMs) {
      for (const name of (await ifThere(readdir(incoming))) ?? []) {
        const path = join(incoming, name);
        const found = await ifThere(stat(path));
        if (found !== undefined && Date.now() - found.mtimeMs > ageMs) await rm(path, { force: true });
      }
    },
    async requireReadable() {
      try {
        await access(data);
      } catch (error) {
        throw new ConfigurationError(`DATA_DIR, ${data}, is not there or may not be read`, { cause: error });
      }
    },
    requireInput: (folder) => requireInput(folder, landing),
    copyInput: (folder, signal) => copyInput({ source: folder, landing, unfinished: incoming, modes }, signal),
  };
}

/** A name in it is empty, `.` or `..`, or it has a NUL. */
const LEADS_OUT = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;

/** A file that may go back to its sender keeps its owner and its permissions. */
async function moveAsItIs(source: string, target: string): Promise<void> {
  try {
    await rename(source, target);
  } catch (error) {
    if (!hasSystemCode(error, "EXDEV")) throw error;
    await moveAsCopy(source, target);
  }
}

/** Returns the key as it is. */
function requireInside(key: string): string {
  if (LEADS_OUT.test(key)) throw new PathRefusedError("a key leads out of its area");
  return key;
}

async function isDone(work: Promise<void>): Promise<boolean> {
  return (await ifThere(work.then(() => true))) ?? false;
}

async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Another process may have removed a folder that it emptied; and what is a file holds nothing. */
function isMissing(error: unknown): boolean {
  return hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR");
}
