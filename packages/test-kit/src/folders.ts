import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";

/** Returns every regular file below a folder, by its path there, with the SHA-256 of its bytes. None if there is no folder. */
export async function filesBelow(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [path, entry] of await entriesBelow(folder)) {
    if (entry.isFile()) files.set(path, await sha256(join(folder, path)));
  }
  return files;
}

/** Returns the paths of all that lies below a folder: files, folders, links. */
export async function pathsBelow(folder: string): Promise<string[]> {
  return (await entriesBelow(folder)).map(([path]) => path);
}

async function entriesBelow(folder: string, parent = ""): Promise<[string, Dirent][]> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(folder, parent), { withFileTypes: true });
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return [];
    throw error;
  }
  const found: [string, Dirent][] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = parent === "" ? entry.name : `${parent}/${entry.name}`;
    found.push([path, entry]);
    if (entry.isDirectory()) found.push(...(await entriesBelow(folder, path)));
  }
  return found;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
