import { randomUUID } from "node:crypto";
import { access, constants, link, lstat, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ConfigurationError, FolderUnavailableError } from "@lethe/contracts/errors";
import { explainFileError } from "@lethe/contracts/file-errors";
import { type InstallationStore, readInstallationId } from "@lethe/contracts/installation";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { fileModes, makeFolders } from "./file-modes.js";
import { AREA_FOLDERS } from "./folder-names.js";
import type { FolderStorageOptions } from "./folder-storage.js";
import { requireFreeSpace, tryToWrite } from "./probe-folder.js";
import type { Area } from "./storage.js";

/** Names the installation that a data folder belongs to. Hidden, and at the top, where nobody looks for input. */
export const INSTALLATION_FILE = ".lethe-installation";

/** The folder that DATA_DIR names, apart from the files in it. */
export interface DataFolder {
  /** The absolute path. */
  readonly path: string;
  /** The marker in it. Creating one creates the folder, too. All throw ConfigurationError, which says what to do. */
  readonly installation: InstallationStore;
  /** Reports whether no service has worked on it yet: it is not there, or holds no more than landing does. */
  isNew(): Promise<boolean>;
  /** Throws ConfigurationError, which names folder and remedy, when a service could not work on it. */
  requireUsable(): Promise<void>;
  /**
   * Requires that the folder can be written and is that of an installation: a disk may have filled, or another been mounted. Looks
   * once a second at most. Throws FolderUnavailableError.
   */
  check(installation: string): Promise<void>;
  /**
   * Requires what `check` does, and that each of the areas can be written and has some room, for `/readyz`. Looks every two seconds
   * at most. Throws FolderUnavailableError, which names the folder.
   */
  requireWritable(installation: string, areas: readonly Area[]): Promise<void>;
}

/** Returns the data folder at a path; a relative one starts at the working directory. */
export function openDataFolder(dataFolder: string, options: FolderStorageOptions = {}): DataFolder {
  const modes = fileModes(options.isGroupReadable === true);
  const path = resolve(dataFolder);
  const file = join(path, INSTALLATION_FILE);
  const named = `DATA_DIR, ${path},`;

  /** Turns what the operating system says into a sentence. */
  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const problem = explainFileError(error);
      if (problem === undefined) throw error;
      throw new ConfigurationError(`${named} ${problem.message}${await ownerOf(path)}`, { cause: error });
    }
  }

  async function makeWhole(folder: string): Promise<void> {
    try {
      await makeFolders(folder, modes);
    } catch (error) {
      const isLink = (await lstat(folder).catch(() => undefined))?.isSymbolicLink() === true;
      const leadsNowhere = hasSystemCode(error, "ENOENT") || hasSystemCode(error, "EEXIST");
      if (isLink && leadsNowhere) {
        throw new ConfigurationError(`${named} is a symbolic link that leads to nothing: create what it leads to`);
      }
      if (hasSystemCode(error, "EEXIST")) throw new ConfigurationError(`${named} is a file: name a folder`);
      if (hasSystemCode(error, "ENOENT"))
        throw new ConfigurationError(`${named} cannot be created there: name another folder`);
      throw error;
    }
  }

  async function read(): Promise<string | undefined> {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      if (hasSystemCode(error, "ENOENT")) return undefined;
      throw error;
    }
    const id = idIn(text);
    if (id === undefined) {
      throw new ConfigurationError(
        `${file} holds no id of an installation: put the file back as it was, or remove it and run \`lethe data adopt\``,
      );
    }
    return id;
  }

  async function write(id: string, place: (complete: string) => Promise<void>): Promise<void> {
    await makeWhole(path);
    const complete = `${file}-${randomUUID()}.tmp`;
    try {
      const handle = await open(complete, "wx", modes.file);
      try {
        await handle.writeFile(`${JSON.stringify({ installation: id, createdAt: new Date().toISOString() })}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await place(complete);
    } finally {
      await rm(complete, { force: true });
    }
  }

  async function create(id: string): Promise<string> {
    await write(id, (complete) => linkNew(complete, file));
    return (await read()) ?? id;
  }

  const lookAtMarker = atMostEvery(FRESH_MS, async () => {
    await tryToWrite(path, modes.file);
    return read();
  });

  async function check(installation: string): Promise<void> {
    const found = await lookAtMarker().catch((error: unknown) => {
      throw unavailable(named, error);
    });
    if (found === installation) return;
    throw new FolderUnavailableError(
      "folder_foreign",
      `${named} is no longer the folder that it was when the service started (${INSTALLATION_FILE} in it is ${
        found === undefined ? "gone" : "another installation’s"
      }): mount the folder again`,
    );
  }

  async function requireWritableArea(area: Area): Promise<void> {
    const areaPath = join(path, AREA_FOLDERS[area]);
    try {
      // Nothing that senders could take for theirs appears in landing.
      if (area === "landing") await access(areaPath, constants.R_OK | constants.W_OK | constants.X_OK);
      else await tryToWrite(areaPath, modes.file);
      await requireFreeSpace(areaPath);
    } catch (error) {
      // It is made when something is put there.
      if (hasSystemCode(error, "ENOENT")) return;
      throw unavailable(`${areaPath}, in DATA_DIR,`, error);
    }
  }
  const looks = new Map<string, () => Promise<unknown>>();

  return {
    path,
    installation: {
      name: named,
      read: () => explained(read()),
      create: (id) => explained(create(id)),
      replace: (id) => explained(write(id, (complete) => rename(complete, file))),
    },
    async isNew() {
      if ((await explained(read())) !== undefined) return false;
      for (const [area, folder] of Object.entries(AREA_FOLDERS)) {
        if (area !== "landing" && (await hasEntries(join(path, folder)))) return false;
      }
      return true;
    },
    async requireUsable() {
      await explained(makeWhole(path));
      await explained(tryToWrite(path, modes.file));
      for (const [area, folder] of Object.entries(AREA_FOLDERS)) {
        const areaPath = join(path, folder);
        const rights =
          area === "landing" ? constants.R_OK | constants.X_OK : constants.R_OK | constants.W_OK | constants.X_OK;
        await access(areaPath, rights).catch(async (error: unknown) => {
          if (hasSystemCode(error, "ENOENT")) return;
          const problem = explainFileError(error);
          if (problem === undefined) throw error;
          const message = `${areaPath}, in DATA_DIR, ${problem.message}${await ownerOf(areaPath)}`;
          throw new ConfigurationError(message, { cause: error });
        });
      }
    },
    check,
    async requireWritable(installation, areas) {
      await check(installation);
      const key = areas.join();
      const look =
        looks.get(key) ??
        atMostEvery(FRESH_AREAS_MS, async () => {
          await requireFreeSpace(path).catch((error: unknown) => {
            throw unavailable(named, error);
          });
          for (const area of areas) await requireWritableArea(area);
        });
      looks.set(key, look);
      await look();
    },
  };
}

function unavailable(named: string, error: unknown): unknown {
  if (error instanceof FolderUnavailableError) return error;
  const problem = hasSystemCode(error, "ENOENT")
    ? ({ code: "folder_missing", message: "is not there: mount it again, or restore it" } as const)
    : explainFileError(error);
  if (problem === undefined) return error;
  return new FolderUnavailableError(problem.code, `${named} ${problem.message}`, { cause: error });
}

/** Returns a function that does the work anew when its outcome is so many milliseconds old; whoever asks meanwhile shares it. */
function atMostEvery<T>(freshMs: number, work: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  let freshUntil = 0;
  return () => {
    if (outcome === undefined || Date.now() > freshUntil) {
      freshUntil = Number.POSITIVE_INFINITY;
      outcome = work().finally(() => {
        freshUntil = Date.now() + freshMs;
      });
    }
    return outcome;
  };
}

const FRESH_MS = 1_000;
const FRESH_AREAS_MS = 2_000;

function idIn(text: string): string | undefined {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== "object" || content === null || !("installation" in content)) return undefined;
    return typeof content.installation === "string" ? readInstallationId(content.installation) : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a complete file in a place where none is; does nothing where one is. Some network shares have no hard links. */
async function linkNew(complete: string, file: string): Promise<void> {
  try {
    await link(complete, file);
  } catch (error) {
    if (hasSystemCode(error, "EEXIST")) return;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].some((code) => hasSystemCode(error, code))) throw error;
    const isThere = await lstat(file).then(
      () => true,
      () => false,
    );
    if (!isThere) await rename(complete, file);
  }
}

async function hasEntries(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return false;
    throw error;
  }
}

/** Names the users by number, since a container has no names for them. */
async function ownerOf(path: string): Promise<string> {
  const own = process.geteuid?.();
  const found = await stat(path).catch(() => undefined);
  if (own === undefined || found === undefined || found.uid === own) return "";
  return `; it belongs to user ${found.uid}, and this process runs as user ${own}`;
}
