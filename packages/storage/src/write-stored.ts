import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { copyFile, type FileHandle, lstat, open, realpath, rename, rm, stat, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { PathRefusedError, TransientError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { idOf } from "./file-id.js";
import { type FileModes, makeFolders, restrictFile } from "./file-modes.js";
import type { Area, Content, WriteOptions, WrittenFile } from "./storage.js";

/** Where a file is to be put. */
export interface Target {
  readonly area: Area;
  readonly key: string;
  /** The folder of the area. */
  readonly root: string;
  readonly path: string;
  /** The folder in which files for landing grow. */
  readonly incoming: string;
  readonly modes: FileModes;
}

const TEMPORARY = ".tmp";

/** Reports whether a file of this name is one that is not committed. */
export function isTemporary(name: string): boolean {
  return name.endsWith(TEMPORARY);
}

/** Writes a file of a folder storage under a temporary name. It takes its place by a rename, which is atomic. */
export async function writeStored(target: Target, content: Content, options: WriteOptions): Promise<WrittenFile> {
  const temporary = temporaryOf(target);
  let own: string | undefined;
  // Whoever else writes the same key has put a file of the same name there.
  const isOwn = async () => own === undefined || (await stateAt(temporary)) === own;
  const discard = async () => {
    if (await isOwn()) await rm(temporary, { force: true });
  };
  try {
    await makeFolders(dirname(temporary), target.modes);
    const before = options.after === undefined ? undefined : await stateAt(target.path);
    const kept = await copyStart(target.path, temporary, options.after ?? 0);
    const mode = options.isPrivate === true ? OWNER_ONLY : target.modes.file;
    const file = await (kept === 0 ? begin(temporary, mode) : goOn(temporary, target.modes));
    const written = await writeAndClose(file, content, target.area !== "staging");
    own = written.state;
    const bytes = kept + written.bytes;
    return {
      bytes,
      discard,
      async commit() {
        try {
          if (target.area === "landing") await makeLandingFolder(target);
          const isUnchanged =
            (options.replaces === undefined || (await idAt(target.path)) === options.replaces.id) &&
            (options.after === undefined || (await stateAt(target.path)) === before);
          if (!isUnchanged || !(await isOwn())) {
            throw new TransientError("another process has written the same file meanwhile, and its own stays");
          }
          await rename(temporary, target.path);
        } catch (error) {
          await discard();
          throw error;
        }
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** Returns what tells the file at a path from others; undefined where there is none. */
async function idAt(path: string): Promise<string | undefined> {
  return lstat(path).then(idOf, undefinedIfMissing);
}

/** Returns what changes with a file's content, too: of a file that nobody holds open, the id alone may come again. */
async function stateAt(path: string): Promise<string | undefined> {
  return lstat(path, { bigint: true }).then(stateOf, undefinedIfMissing);
}

function stateOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(" ");
}

function undefinedIfMissing(error: unknown): undefined {
  if (!hasSystemCode(error, "ENOENT")) throw error;
}

/**
 * Returns the name under which a file grows. What a crash leaves may hold anybody: the next write of the same file takes
 * its place, wherever no other could be at work.
 */
function temporaryOf({ area, key, path, incoming }: Target): string {
  switch (area) {
    case "landing":
      // Others look at landing. A key's hash is a name that is never too long.
      return join(incoming, `${createHash("sha256").update(key).digest("hex")}${TEMPORARY}`);
    case "staging":
      // Two deliveries of one job may write the same object at once. What is left goes with the run.
      return `${path}.${process.pid}.${threadId}.${nextNumber()}${TEMPORARY}`;
    default:
      return temporaryBeside(path);
  }
}

/** Returns the name under which a file grows where nobody but Lethe looks and no other could be writing it. */
export function temporaryBeside(path: string): string {
  return `${path}${TEMPORARY}`;
}

let written = 0;
function nextNumber(): number {
  written += 1;
  return written;
}

/** Creates a copy of a file's first bytes; returns their number, which is less where the file is shorter or gone. */
async function copyStart(path: string, copy: string, length: number): Promise<number> {
  if (length === 0) return 0;
  try {
    await createAnew(copy, () => copyFile(path, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL));
    const { size } = await stat(copy);
    if (size > length) await truncate(copy, length);
    return Math.min(size, length);
  } catch (error) {
    if (!hasSystemCode(error, "ENOENT")) throw error;
    return 0;
  }
}

const OWNER_ONLY = 0o600;

function begin(path: string, mode: number): Promise<FileHandle> {
  return createAnew(path, () => open(path, "wx", mode));
}

/** Opens the copy of a file's start, which has the permissions of that file. */
async function goOn(path: string, modes: FileModes): Promise<FileHandle> {
  const file = await open(path, "a");
  try {
    await restrictFile(file, modes);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Creates a file by `create`, which must fail for one that is there: what a crash has left. That is removed, not emptied: whoever
 * may be at work on it still, on another machine, does not write into the new one.
 */
async function createAnew<T>(path: string, create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (!hasSystemCode(error, "EEXIST")) throw error;
    await rm(path, { force: true });
    return create();
  }
}

async function writeAndClose(
  file: FileHandle,
  content: Content,
  isDurable: boolean,
): Promise<{ readonly bytes: number; readonly state: string | undefined }> {
  try {
    const bytes = await writeAll(file, content);
    if (isDurable) await file.sync();
    // Its own number is free for another file once this one is removed, so the time of its last change counts, too.
    return { bytes, state: isDurable ? stateOf(await file.stat({ bigint: true })) : undefined };
  } finally {
    await file.close();
  }
}

/** Pieces are written together: most are small, and each write costs a way to another thread and back. */
const BYTES_AT_ONCE = 1024 * 1024;
/** As many as Linux takes. */
const PIECES_AT_ONCE = 1024;

async function writeAll(file: FileHandle, content: Content): Promise<number> {
  let bytes = 0;
  let pieces: Uint8Array[] = [];
  let pending = 0;
  const flush = async () => {
    if (pending === 0) return;
    const { bytesWritten } = await file.writev(pieces);
    // Of what was not taken at once, the next write says why.
    if (bytesWritten < pending) await file.appendFile(Buffer.concat(pieces).subarray(bytesWritten));
    bytes += pending;
    pieces = [];
    pending = 0;
  };
  for await (const piece of content) {
    if (piece.byteLength === 0) continue;
    pieces.push(piece);
    pending += piece.byteLength;
    if (pending >= BYTES_AT_ONCE || pieces.length === PIECES_AT_ONCE) await flush();
  }
  await flush();
  return bytes;
}

/** Creates a file's folder in landing. Throws PathRefusedError if it is a symbolic link: no run would look behind it. */
async function makeLandingFolder({ root, path, modes }: Target): Promise<void> {
  const folder = dirname(path);
  await makeFolders(folder, modes);
  const real = join(await realpath(root), folder.slice(root.length));
  if ((await realpath(folder)) !== real) throw new PathRefusedError("a folder in landing is a symbolic link");
}
