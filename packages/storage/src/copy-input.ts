import { randomUUID } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { copyFile, lstat, readdir, readlink, realpath, rm, rmdir, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { ConfigurationError } from "@lethe/contracts/errors";
import { isClutter } from "@lethe/contracts/landing-clutter";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { createTwinFinder, ignoresCase } from "./case-of-names.js";
import { type FileModes, makeFolders, restrictPath } from "./file-modes.js";
import { legibleName, printedName } from "./legible-name.js";
import { makeLandingFolder, putIntoLanding, putLinkIntoLanding } from "./put-into-landing.js";
import type { CopiedInput } from "./storage.js";

export interface CopyPlaces {
  /** Read only, never changed. */
  readonly source: string;
  readonly landing: string;
  /** Folder on landing's file system where copies grow. */
  readonly unfinished: string;
  readonly modes: FileModes;
}

type OnFailure = (path: string, why: string) => void;

const CONCURRENCY = 16;

/** Copies a folder of input into the folder of landing, as `Storage.copyInput` says. */
export async function copyInput(places: CopyPlaces, signal: AbortSignal): Promise<CopiedInput> {
  await removeLeft(places.unfinished);
  await makeFolders(places.unfinished, places.modes);
  const copied = { files: 0, bytes: 0, failures: [] as { path: string; why: string }[] };
  const fail: OnFailure = (failed, why) => {
    // What would be passed over in landing is not missed there.
    if (!failed.split(path.sep).some(isClutter)) copied.failures.push({ path: failed, why });
  };
  const pending = entriesOf(places, fail);
  // Another copy may have ended, and removed the folder, in this moment.
  const twinOf = (await ignoresCase(places.unfinished).catch(() => false)) ? createTwinFinder() : () => undefined;
  const work = async () => {
    for await (const { entry, relative } of pending) {
      signal.throwIfAborted();
      const twin = twinOf(relative);
      if (twin !== undefined) {
        fail(relative, `the disk of DATA_DIR takes its name for that of ${twin}`);
        continue;
      }
      const from = path.join(places.source, relative);
      try {
        const bytes = await copyEntry(entry, from, relative, places);
        if (bytes === undefined) continue;
        copied.files += 1;
        copied.bytes += bytes;
      } catch (error) {
        fail(relative, reasonOf(error));
      }
    }
  };
  // The workers share one walk: each takes the next entry when it is free.
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  // Not while another copy has files in it.
  await rmdir(places.unfinished).catch(() => undefined);
  return copied;
}

/**
 * Throws ConfigurationError for a source that is missing, or so placed that copying would change it, and for a landing that is
 * something else than a folder or a link to one.
 */
export async function requireInput(source: string, landing: string): Promise<void> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) {
    throw new ConfigurationError(
      `RAW_DATA_DIR: there is no folder ${source}. Set it to a folder that holds date=YYYY-MM-DD folders.`,
    );
  }
  const [ofLanding, behindLanding] = await Promise.all([
    lstat(landing).catch(() => undefined),
    stat(landing).catch(() => undefined),
  ]);
  if (ofLanding !== undefined && behindLanding?.isDirectory() !== true) {
    throw new ConfigurationError(
      ofLanding.isSymbolicLink()
        ? `${landing}, in DATA_DIR, is a symbolic link that leads to no folder: create or mount the folder that it is to lead to`
        : `${landing}, in DATA_DIR, is not a folder: move it away`,
    );
  }
  const [realSource, realLanding] = await Promise.all([
    realpath(source),
    // Landing may not be there yet.
    realpath(landing).catch(() => landing),
  ]);
  if (contains(realSource, realLanding) || contains(realLanding, realSource)) {
    throw new ConfigurationError(
      `RAW_DATA_DIR (${source}) and the landing folder (${landing}) lie in one another. Set DATA_DIR to another folder.`,
    );
  }
}

function contains(folder: string, other: string): boolean {
  const relative = path.relative(folder, other);
  return relative === "" || !(relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative));
}

/** Walks the source, makes each of its folders in landing, and returns all that is not a folder. */
async function* entriesOf(
  places: CopyPlaces,
  fail: OnFailure,
  folder = "",
): AsyncGenerator<{ entry: Dirent<Buffer>; relative: string }> {
  let entries: Dirent<Buffer>[];
  try {
    entries = await readdir(path.join(places.source, folder), { withFileTypes: true, encoding: "buffer" });
    await makeLandingFolder(folder, places);
  } catch (error) {
    fail(folder === "" ? "." : folder, reasonOf(error));
    return;
  }
  for (const entry of entries) {
    const name = legibleName(entry.name);
    if (name === undefined) {
      fail(path.join(folder, printedName(entry.name)), "the name is not UTF-8; rename it");
      continue;
    }
    if (folder === "" && (name === "README.md" || name.startsWith("."))) continue;
    const relative = path.join(folder, name);
    if (entry.isDirectory()) yield* entriesOf(places, fail, relative);
    else yield { entry, relative };
  }
}

/** Removes what a copy that crashed has left. Others may be at work beside this one. */
async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const left = path.join(folder, name);
    const found = await lstat(left).catch(() => undefined);
    // A copy has the time of its source as that of its change.
    if (found !== undefined && Date.now() - found.ctimeMs > LEFT_MS) await rm(left, { force: true, recursive: true });
  }
}

const LEFT_MS = 600_000;

/** Returns the bytes that were copied; undefined where the same lies in landing already. */
async function copyEntry(
  entry: Dirent<Buffer>,
  from: string,
  relative: string,
  places: CopyPlaces,
): Promise<number | undefined> {
  if (entry.isSymbolicLink()) {
    return (await putLinkIntoLanding(await readlink(from), relative, places)) ? 0 : undefined;
  }
  if (!entry.isFile()) throw new Error("neither a file, a folder nor a link");
  const unfinished = path.join(places.unfinished, `${randomUUID()}.tmp`);
  try {
    const bytes = await copyWhole(from, unfinished, places);
    return (await putIntoLanding(unfinished, relative, places)) ? bytes : undefined;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Copies a file that nobody writes into meanwhile; returns its size in bytes. */
async function copyWhole(from: string, to: string, { modes, unfinished }: CopyPlaces): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const before = await stat(from);
    // A clone costs no time and no space where the file system can do it.
    await copyFile(from, to, constants.COPYFILE_FICLONE).catch(async (error: unknown) => {
      if (!hasSystemCode(error, "ENOENT")) throw error;
      // Another copy has ended and removed the folder.
      await makeFolders(unfinished, modes);
      await copyFile(from, to, constants.COPYFILE_FICLONE);
    });
    const after = await stat(from);
    if (before.size === after.size && before.mtimeMs === after.mtimeMs && before.ino === after.ino) {
      await restrictPath(to, modes);
      // What was finished long ago need not settle again.
      await utimes(to, after.atime, after.mtime);
      return after.size;
    }
    if (attempt === ATTEMPTS) throw new Error("still being written");
    await setTimeout(attempt * PAUSE_MS);
  }
}

/** How often a file is copied that changes meanwhile; each pause is longer than the one before. */
const ATTEMPTS = 5;
const PAUSE_MS = 200;

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message : "unknown error";
}
