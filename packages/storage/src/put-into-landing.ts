import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, lstat, mkdir, readlink, rm, stat, symlink, utimes } from "node:fs/promises";
import path from "node:path";
import { isClutter } from "@lethe/contracts/landing-clutter";
import { hasSystemCode, systemCode } from "@lethe/contracts/system-error";
import { hashOf } from "./copy-across.js";
import { type FileModes, makeFolders } from "./file-modes.js";
import { placeIfFree } from "./place-if-free.js";
import { spareKeyOf } from "./spare-key.js";

export interface Landing {
  readonly landing: string;
  readonly modes: FileModes;
}

/**
 * Moves a finished file into landing at the path `relative`. What a sender has put there stays: the file gets a spare name
 * beside it, which depends on its content alone, so that it gets the same one every time. Returns false when the same content is
 * there already; the file then stays where it is. Throws an error that names the path in landing and what to do.
 */
export async function putIntoLanding(finished: string, relative: string, place: Landing): Promise<boolean> {
  return atTarget(relative, place, async (target) => {
    if (await placeFile(finished, target)) return true;
    // What is no input, such as a marker, says the same whoever put it there.
    if (isClutter(path.basename(relative))) return false;
    const hash = await hashOf(finished);
    if (await hasContent(target, finished, hash)) return false;
    const spare = path.join(place.landing, spareKeyOf(relative, hash));
    if (await placeFile(finished, spare)) return true;
    if (await hasContent(spare, finished, hash)) return false;
    throw new Error(`${target} and ${spare} are taken by other files: move one of them away and start again`);
  });
}

/** Creates a symbolic link in landing unless the same one is there. Returns whether it did. Throws as `putIntoLanding` does. */
export async function putLinkIntoLanding(leadsTo: string, relative: string, place: Landing): Promise<boolean> {
  return atTarget(relative, place, async (target) => {
    try {
      await symlink(leadsTo, target);
      return true;
    } catch (error) {
      if (!hasSystemCode(error, "EEXIST")) throw error;
    }
    if ((await readlink(target).catch(() => undefined)) === leadsTo) return false;
    throw new Error(`the source has a symbolic link, and ${target} is something else: move that away and start again`);
  });
}

/**
 * Creates a folder in landing, and those above it, unless it is there. Landing itself may be a symbolic link to a folder. Below
 * it nothing is written through a link. Throws an error that names what stands where a folder belongs.
 */
export async function makeLandingFolder(relative: string, place: Landing): Promise<void> {
  const folder = path.join(place.landing, relative);
  for (let attempt = 1; ; attempt++) {
    try {
      if (relative === "") await makeFolders(folder, place.modes);
      else await mkdir(folder, { mode: place.modes.folder });
      return;
    } catch (error) {
      if (hasSystemCode(error, "EEXIST")) {
        const found = await (relative === "" ? stat(folder) : lstat(folder)).catch(() => undefined);
        if (found?.isDirectory() === true) return;
        if (found !== undefined) {
          const kind = found.isSymbolicLink() ? "a symbolic link, through which nothing is written" : "not a folder";
          throw new Error(`${folder} is ${kind}: move it away and start again`);
        }
      } else if (!hasSystemCode(error, "ENOENT")) throw withTarget(error, folder);
      // A run removes folders that it has emptied, also while they are made.
      if (attempt === ATTEMPTS) throw withTarget(error, folder);
      if (relative !== "") await makeLandingFolder(aboveOf(relative), place);
    }
  }
}

/** Each attempt fails only if a run removes a folder, or takes a file, in the moment between two calls. */
const ATTEMPTS = 100;

/** Does what needs the folder of a file in landing. It is repeated when a run has removed that folder, or taken the file. */
async function atTarget<T>(relative: string, place: Landing, work: (target: string) => Promise<T>): Promise<T> {
  const target = path.join(place.landing, relative);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(target);
    } catch (error) {
      if (!hasSystemCode(error, "ENOENT") || attempt === ATTEMPTS) throw withTarget(error, target);
    }
    await makeLandingFolder(aboveOf(relative), place);
  }
}

function aboveOf(relative: string): string {
  const above = path.dirname(relative);
  return above === "." ? "" : above;
}

async function placeFile(finished: string, target: string): Promise<boolean> {
  try {
    return await placeIfFree(finished, target);
  } catch (error) {
    if (!hasSystemCode(error, "EXDEV")) throw error;
  }
  // Landing, or a folder in it, is another mount. Hidden names are no input.
  const beside = path.join(path.dirname(target), `.lethe-${randomUUID()}.tmp`);
  try {
    await copyFile(finished, beside, constants.COPYFILE_EXCL);
    const { atime, mtime } = await stat(finished);
    await utimes(beside, atime, mtime);
    return await placeIfFree(beside, target);
  } finally {
    await rm(beside, { force: true });
  }
}

/** Throws ENOENT when a run has taken the file meanwhile. */
async function hasContent(target: string, finished: string, hash: string): Promise<boolean> {
  const [found, own] = await Promise.all([lstat(target), stat(finished)]);
  if (!found.isFile() || found.size !== own.size) return false;
  try {
    return (await hashOf(target)) === hash;
  } catch (error) {
    // What may not be read is not known to be the same.
    if (hasSystemCode(error, "EACCES")) return false;
    throw error;
  }
}

function withTarget(error: unknown, target: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new Error(`${target} cannot be written (${code}): see to that folder and start again`, { cause: error });
}
