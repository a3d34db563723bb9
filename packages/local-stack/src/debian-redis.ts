import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./run-program.js";

export type DebianRedis =
  | { readonly ok: true; readonly command: string; readonly env: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly problem: string };

/** Kept beside the installed packages, so that the stack and the tests fetch it once for a checkout. */
const CACHE = fileURLToPath(new URL("../node_modules/.cache/debian-redis", import.meta.url));

// The C library has to match the loader of the system, which a program started in the usual way takes.
const SYSTEM_LIBRARIES = /^(libc6|libc-bin|libcrypt1|libgcc-s1)$/;

/**
 * Returns a Redis server from Debian's (or Ubuntu's) packages: downloaded with the shared libraries that it needs and
 * unpacked into a folder below node_modules, without root and without installing anything. Takes a few seconds the first
 * time. On a system without apt-get, or without a way to the packages, `problem` says what failed.
 */
export async function installDebianRedis(onNote: (note: string) => void): Promise<DebianRedis> {
  const ready = await runnable(CACHE);
  if (ready.ok) return ready;
  const apt = await runProgram("apt-get", ["--version"]);
  if (!apt.ok) return { ok: false, problem: apt.problem };

  onNote("There is no Redis server on the PATH and no Docker engine: Debian's package is being downloaded");
  await mkdir(path.dirname(CACHE), { recursive: true });
  const work = await mkdtemp(`${CACHE}-`);
  try {
    const downloaded = await downloadPackages(work);
    if (!downloaded.ok) return downloaded;
    const root = path.join(work, "root");
    for (const file of await readdir(work)) {
      if (!file.endsWith(".deb")) continue;
      const unpacked = await runProgram("dpkg-deb", ["-x", path.join(work, file), root]);
      if (!unpacked.ok) return { ok: false, problem: unpacked.problem };
    }
    await rm(CACHE, { recursive: true, force: true });
    // When two starts race, the one that comes second finds the other's result.
    await rename(root, CACHE).catch(() => {});
    return await runnable(CACHE);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Downloads with the system's package lists, and with fresh ones of our own where those are missing or out of date. */
async function downloadPackages(folder: string): Promise<{ ok: true } | { ok: false; problem: string }> {
  const bySystemLists = await downloadBy([], folder);
  if (bySystemLists.ok) return bySystemLists;
  // Only root may renew the system's lists.
  const lists = await ownLists(folder);
  const updated = await runProgram("apt-get", [...lists, "update"]);
  return updated.ok ? downloadBy(lists, folder) : { ok: false, problem: updated.problem };
}

async function downloadBy(
  lists: readonly string[],
  folder: string,
): Promise<{ ok: true } | { ok: false; problem: string }> {
  const names = await packageNames(lists);
  const got = await runProgram("apt-get", [...lists, "download", ...names], { cwd: folder });
  return got.ok ? { ok: true } : { ok: false, problem: got.problem };
}

/** Returns redis-server's package, the one that holds its program, and the libraries below them. */
async function packageNames(lists: readonly string[]): Promise<string[]> {
  const names = new Set(["redis-server"]);
  for (let fresh = [...names]; fresh.length > 0; ) {
    const answer = await runProgram("apt-cache", [...lists, "depends", "--important", ...fresh]);
    fresh = parseDependencies(answer.output).filter((name) => isWanted(name) && !names.has(name));
    for (const name of fresh) names.add(name);
  }
  return [...names];
}

/** Reads the names out of `apt-cache depends`; of alternatives (`|Depends: a`, then `Depends: b`) the first. */
export function parseDependencies(text: string): string[] {
  const names: string[] = [];
  let alternative = false;
  for (const line of text.split("\n")) {
    const match = /^ +(\|?)(?:Pre)?Depends: ([a-z0-9][a-z0-9.+-]*)(?::\w+)?$/.exec(line);
    if (match === null) continue;
    if (!alternative && match[2] !== undefined) names.push(match[2]);
    alternative = match[1] === "|";
  }
  return names;
}

function isWanted(name: string): boolean {
  return name.startsWith("redis-") || (name.startsWith("lib") && !SYSTEM_LIBRARIES.test(name));
}

async function ownLists(folder: string): Promise<string[]> {
  const state = path.join(folder, "apt");
  await mkdir(path.join(state, "lists", "partial"), { recursive: true });
  await mkdir(path.join(state, "cache", "archives", "partial"), { recursive: true });
  return ["-o", `Dir::State::lists=${state}/lists`, "-o", `Dir::Cache=${state}/cache`, "-o", "APT::Sandbox::User="];
}

/** Reports whether a folder holds a server that works here, by running it. */
async function runnable(root: string): Promise<DebianRedis> {
  const command = path.join(root, "usr", "bin", "redis-server");
  const env = { LD_LIBRARY_PATH: (await libraryFolders(root)).join(":") };
  const version = await runProgram(command, ["--version"], { env });
  return version.ok ? { ok: true, command, env } : { ok: false, problem: version.problem };
}

/** The folders of shared libraries in an unpacked package: `usr/lib/<machine>-linux-gnu` and the like. */
async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const parent of [path.join(root, "usr", "lib"), path.join(root, "lib")]) {
    for (const name of await readdir(parent).catch(() => [])) {
      const folder = path.join(parent, name);
      if (name.endsWith("-linux-gnu") && (await stat(folder)).isDirectory()) found.push(folder);
    }
  }
  return found;
}
