import { badRowOf } from "@lethe/contracts/csv-row-problem";
import { UnreadableFileError } from "@lethe/contracts/errors";
import type { Dataset } from "@lethe/datasets/dataset";
import { unpackedBytes } from "@lethe/input-files/file-source";
import type { InputFormat } from "@lethe/input-files/input-format";
import { readLines } from "@lethe/input-files/read-lines";
import type { Area, Storage } from "@lethe/storage/storage";

/** A file that Lethe keeps. */
export interface KeptFile {
  readonly area: Extract<Area, "archived" | "processed">;
  readonly key: string;
  readonly format: InputFormat;
}

/** A line of a kept file. */
export interface KeptLine {
  /** From 1, as the extractor counted. */
  readonly line: number;
  readonly isBlank: boolean;
  /** Undefined for a line that is no record. */
  readonly record: unknown;
}

/**
 * Reads the lines of a kept file one after the other, each as the pipeline read it; the caller stops when it has what it wants.
 * Memory does not grow with the file. Throws UnreadableFileError for a file that is not there or was damaged since.
 */
export async function* keptRecords(storage: Storage, dataset: Dataset, file: KeptFile): AsyncGenerator<KeptLine> {
  const stored = await storage.open(file.area, file.key);
  if (stored === undefined) throw new UnreadableFileError("the file is not there");
  try {
    let line = 0;
    for await (const { bytes } of readLines(
      unpackedBytes(stored.bytes(), file.format.gzip),
      file.format.shape,
      LIMITS,
    )) {
      for (
        let start = 0, end = bytes.indexOf(NEWLINE);
        end !== -1;
        start = end + 1, end = bytes.indexOf(NEWLINE, start)
      ) {
        line += 1;
        yield { line, ...parse(dataset, bytes.toString("utf8", start, end), file.format.shape) };
      }
    }
  } finally {
    await stored.close();
  }
}

const NEWLINE = 0x0a;
/** What was taken in kept the limits of its time, and cleaning and masking may lengthen a record: twice the most that they can be. */
const LIMITS = { maxRecordBytes: 32 * 1024 * 1024, maxColumns: Number.MAX_SAFE_INTEGER };

function parse(dataset: Dataset, text: string, shape: InputFormat["shape"]): Omit<KeptLine, "line"> {
  if (text.trim() === "") return { isBlank: true, record: undefined };
  try {
    const record: unknown = JSON.parse(text);
    if (shape !== "csv") return { isBlank: false, record };
    const isRow = badRowOf(record) === undefined && typeof record === "object" && record !== null;
    return { isBlank: false, record: isRow ? dataset.fromCsv(record as Record<string, string>) : undefined };
  } catch {
    return { isBlank: false, record: undefined };
  }
}
