import { type Dirent, readdir, readdirSync } from "node:fs";
import { entryKind } from "./entry-kind.js";
import { legibleName, printedName } from "./legible-name.js";
import type { WholeEntry } from "./storage.js";

/** A folder on a disk of this machine is listed in a twentieth of this. */
const SLOW_MS = 0.25;
/** When not one of so many folders was faster, they are on a network. */
const TRIED = 32;
/** The event loop is let go on after so much work. */
const TURN_MS = 4;
/** Folders that are listed by threads before it is tried again without. */
const PATIENCE = 1_000;

/**
 * Creates the function that returns what lies in a folder. On a fast disk it works without threads, a few milliseconds at a
 * time: the way to a thread and back costs more than the listing itself, which counts where a run goes through 35,000 folders.
 * Where every folder takes longer than `slowMs`, threads list several at once.
 */
export function createFolderLister(slowMs = SLOW_MS): (path: string) => Promise<WholeEntry[]> {
  let tried = 0;
  let fastestMs = Number.POSITIVE_INFINITY;
  let sinceTurnMs = 0;
  let byThread = 0;
  return async (path) => {
    if (byThread > 0) {
      byThread -= 1;
      return listByThread(path);
    }
    const startedAt = performance.now();
    try {
      return toEntries(readdirSync(path, { withFileTypes: true }), path);
    } finally {
      const ms = performance.now() - startedAt;
      fastestMs = Math.min(fastestMs, ms);
      tried += 1;
      sinceTurnMs += ms;
      if (tried === TRIED) {
        if (fastestMs > slowMs) byThread = PATIENCE;
        tried = 0;
        fastestMs = Number.POSITIVE_INFINITY;
      }
      if (sinceTurnMs > TURN_MS) {
        sinceTurnMs = 0;
        await new Promise(setImmediate);
      }
    }
  };
}

function listByThread(path: string): Promise<WholeEntry[]> {
  return new Promise((resolve, reject) => {
    readdir(path, { withFileTypes: true }, (error, entries) => {
      if (error !== null) return reject(error);
      try {
        resolve(toEntries(entries, path));
      } catch (failure) {
        reject(failure);
      }
    });
  });
}

function toEntries(entries: readonly Dirent[], path: string): WholeEntry[] {
  // What is no UTF-8 was replaced: the folder is read again for its bytes.
  if (entries.some(({ name }) => name.includes(REPLACED))) {
    return readdirSync(path, { withFileTypes: true, encoding: "buffer" }).map(toLegibleEntry);
  }
  return entries.map((entry) => ({ name: entry.name, kind: entryKind(entry) }));
}

const REPLACED = "\uFFFD";

function toLegibleEntry(entry: Dirent<Buffer>): WholeEntry {
  const name = legibleName(entry.name);
  return name === undefined ? { name: printedName(entry.name), kind: "illegible" } : { name, kind: entryKind(entry) };
}
