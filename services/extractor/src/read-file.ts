import type { UnreadableFileError } from "@lethe/contracts/errors";
import type { CsvOptions } from "@lethe/input-files/csv-dialect";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { LineChunk } from "@lethe/input-files/line-chunk";
import type { ReadLimits } from "@lethe/input-files/read-limits";
import type { UnpackLimits } from "@lethe/input-files/unpack-limit";

/** What was found where a file was read. */
export interface ReadFile {
  /** The key in area `claimed` of what is read: the file itself, or what it was converted to. */
  readonly sourceKey: string;
  /** The format of what is read. */
  readonly format: InputFormat;
  /** What it was when it came, in words, if it was converted. */
  readonly convertedFrom: string | null;
  /** The file's lines, of a small file; a large one is read again when it is cut. */
  readonly lines: readonly LineChunk[] | undefined;
  /** Why it cannot be taken in, if so. */
  readonly unreadable: UnreadableFileError | undefined;
  /** What text followed the gzip data and was read on, in words. */
  readonly tail?: string | undefined;
}

/** How a file is read, and what it must keep to. */
export interface InspectionOptions extends ReadLimits, UnpackLimits {
  /** What is set for the dataset's files, and what the header of CSV is known by. */
  readonly csv: CsvOptions;
}
