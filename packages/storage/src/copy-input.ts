import { constants, type Dirent } from "node:fs";
import {
  copyFile,
  lstat,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
} from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { ConfigurationError } from "@lethe/contracts/errors";
import { isClutter } from "@lethe/contracts/landing-clutter";
import { createTwinFinder, ignoresCase } from "./case-of-names.js";
import { type FileModes, makeFolders, restrictPath } from "./file-modes.js";
import { legibleName, printedName } from "./legible-name.js";
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
  await rm(places.unfinished, { recursive: true, force: true });
  await makeFolders(places.unfinished, places.modes);
  const copied = { files: 0, bytes: 0, failures: [] as { path: string; why: string }[] };
  const fail: OnFailure = (failed, why) => {
    // What would be passed over in landing is not missed there.
    if (!failed.split(path.sep).some(isClutter)) copied.failures.push({ path: failed, why });
  };
  const pending = entriesOf(places, fail);
  const twinOf = (await ignoresCase(places.unfinished)) ? createTwinFinder() : () => undefined;
  let number = 0;
  const work = async () => {
    for await (const { entry, relative } of pending) {
      signal.throwIfAborted();
      const twin = twinOf(relative);
      if (twin !== undefined) {
        fail(relative, `the disk of DATA_DIR takes its name for that of ${twin}`);
        continue;
      }
      const from = path.join(places.source, relative);
      const to = path.join(places.landing, relative);
      const unfinished = path.join(places.unfinished, String(number++));
      try {
        const bytes = await copyEntry(entry, from, unfinished, places.modes);
        await rename(unfinished, to);
        copied.files += 1;
        copied.bytes += bytes;
      } catch (error) {
        fail(relative, reasonOf(error));
      }
    }
  };
  // The workers share one walk: each takes the next entry when it is free.
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  await rm(places.unfinished, { recursive: true, force: true });
  return copied;
}

/** Throws ConfigurationError for a source that is missing, or so placed that copying would change it. */
export async function requireInput(source: string, landing: string): Promise<void> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) {
    throw new ConfigurationError(
      `RAW_DATA_DIR: there is no folder ${source}. Set it to a folder that holds date=YYYY-MM-DD folders.`,
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
    await makeFolder(path.join(places.landing, folder), places.modes);
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

/** A link or file of an earlier copy must not stand where a folder belongs: files would be written through it. */
async function makeFolder(folder: string, modes: FileModes): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  if (found !== undefined) await unlink(folder);
  await makeFolders(folder, modes);
}

/** Returns the bytes that were copied. */
async function copyEntry(entry: Dirent<Buffer>, from: string, to: string, modes: FileModes): Promise<number> {
  if (entry.isSymbolicLink()) {
    await symlink(await readlink(from), to);
    return 0;
  }
  if (!entry.isFile()) throw new Error("neither a file, a folder nor a link");
  for (let attempt = 1; ; attempt++) {
    const before = await stat(from);
    // A clone costs no time and no space where the file system can do it.
    await copyFile(from, to, constants.COPYFILE_FICLONE);
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
