// Plain JavaScript at the package's root, since the keeper is.
import { copyFileSync, renameSync, statSync, truncateSync } from "node:fs";

/** A log and the former parts of it that are kept, `<log>.1` being the newest: six times this at most. */
const MAX_BYTES = 10 * 1024 * 1024;
const KEPT_PARTS = 5;

/**
 * Sets what stands in a log aside once it is large, and empties the log. Its writer has it open as a file descriptor to append
 * to, and goes on at the new start: it needs to know nothing, and what it prints as it crashes lands there, too. Parts have the
 * log's permissions. What a writer appends between the copy and the cut is lost: in the time of two calls, once in 10 MB.
 */
export function rotateLog(file, maxBytes = MAX_BYTES) {
  try {
    if (statSync(file).size < maxBytes) return;
    for (let part = KEPT_PARTS - 1; part >= 1; part -= 1) renameIfThere(`${file}.${part}`, `${file}.${part + 1}`);
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
  } catch {
    // The log is not there yet, or its disk is full. Another second, another try.
  }
}

function renameIfThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}
