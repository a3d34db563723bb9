import { readdir } from "node:fs";
import { entryKind } from "./entry-kind.js";
import { legibleName, printedName } from "./legible-name.js";
import type { WholeEntry } from "./storage.js";

/**
 * Returns what lies in a folder. The callback form of `readdir` costs half of its promise form and a tenth of `opendir`,
 * which is what counts where a run goes through 35,000 folders.
 */
export function listWhole(path: string): Promise<WholeEntry[]> {
  return new Promise((resolve, reject) => {
    readdir(path, { withFileTypes: true, encoding: "buffer" }, (error, entries) => {
      if (error !== null) return reject(error);
      resolve(
        entries.map((entry) => {
          const name = legibleName(entry.name);
          return name === undefined
            ? { name: printedName(entry.name), kind: "illegible" as const }
            : { name, kind: entryKind(entry) };
        }),
      );
    });
  });
}
