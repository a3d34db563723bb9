import { UnreadableFileError } from "@lethe/contracts/errors";
import type { CsvRow } from "./csv-rows.js";

/** Fewer rows than these are damaged; they cost no other. */
const FEWEST_FOREIGN = 3;
/** Of so many rows, one at least must be foreign. */
const SHARE = 100;

/**
 * Creates a count of a CSV file's rows that are not UTF-8. If they are most of the rows with other than ASCII in them, the file
 * is written in another encoding, and `end` throws UnreadableFileError, which suggests to set it.
 */
export function createForeignCount() {
  let rows = 0;
  let foreign = 0;
  let sound = 0;
  return {
    take({ raw, problem }: CsvRow): void {
      rows += 1;
      if (problem === "utf8") foreign += 1;
      else if (/[\x80-\xff]/.test(raw)) sound += 1;
    },
    end(): void {
      if (foreign < FEWEST_FOREIGN || foreign <= sound || foreign * SHARE < rows) return;
      throw new UnreadableFileError(
        "the file is not UTF-8; send it as UTF-8, or set encoding, such as windows-1252, for the dataset in LETHE_INPUT_FORMATS",
      );
    },
  };
}
