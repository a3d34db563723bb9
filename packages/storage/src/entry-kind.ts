import type { Dirent } from "node:fs";
import type { Entry } from "./storage.js";

/** Returns what an entry of a folder is; a symbolic link is not what it leads to. */
export function entryKind(entry: Dirent | Dirent<Buffer>): Entry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}
