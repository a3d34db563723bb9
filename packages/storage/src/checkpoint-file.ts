import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { CheckpointStore } from "@lethe/contracts/proof";
import { readCheckpoint } from "@lethe/contracts/read-proof";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { replaceFile } from "./replace-file.js";

/**
 * Returns the store that keeps the newest checkpoint in a data folder, in `state/checkpoint.json`. Reading throws
 * ConfigurationError when the file cannot be read or holds something else.
 */
export function checkpointFile(dataFolder: string): CheckpointStore {
  const folder = join(dataFolder, "state");
  const file = join(folder, "checkpoint.json");
  return {
    name: file,
    async read() {
      let text: string;
      try {
        text = await readFile(file, "utf8");
      } catch (error) {
        if (hasSystemCode(error, "ENOENT")) return undefined;
        throw new ConfigurationError(`the newest checkpoint cannot be read from ${file}`, { cause: error });
      }
      const checkpoint = readCheckpoint(text);
      if (checkpoint === undefined) {
        throw new ConfigurationError(
          `${file} holds no checkpoint, so nobody can say whether the database was rolled back: put the newest line ` +
            "with a checkpoint of an export there, or remove the file to trust the database as it is",
        );
      }
      return checkpoint;
    },
    async write(checkpoint) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replaceFile(file, `${JSON.stringify(checkpoint)}\n`);
    },
  };
}
