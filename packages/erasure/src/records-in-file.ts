import { unpackedBytes } from "@lethe/input-files/file-source";
import { rewriteRecords } from "@lethe/input-files/rewrite-records";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { namesSuppressed } from "./names-suppressed.js";
import { parseJson } from "./parse-json.js";
import type { PersonFile } from "./person-files.js";
import { MAX_RECORD_BYTES } from "./rewrite-file.js";
import { AREAS, type FileContext } from "./scan-file.js";
import { searchableBytes } from "./searchable-bytes.js";

/** What a file holds of a person. */
export interface FoundRecords {
  /** Records as they stand in the file; a CSV row as a JSON object of its fields. */
  readonly records: readonly string[];
  /** False where a part of the file cannot be searched. */
  readonly isComplete: boolean;
}

/** Reads a file through and returns the records that `isPerson` knows by id or email. The file stays as it is. */
export async function recordsInFile(
  context: FileContext,
  file: PersonFile,
  isPerson: FindSuppression,
): Promise<FoundRecords> {
  // What is encrypted because no erasure can search it cannot be searched here, either.
  if (file.isSealed) return { records: [], isComplete: false };
  const stored = await context.storage.open(AREAS[file.place], file.path);
  if (stored === undefined) return { records: [], isComplete: true };
  try {
    const dataset = context.datasets.get(file.dataset);
    const isDamaged = file.place === "quarantined_data";
    const searchable = isDamaged
      ? await searchableBytes(stored, file.format, context.maxUnpackRatio)
      : Number.POSITIVE_INFINITY;
    const unpack = isDamaged ? salvagedBytes : unpackedBytes;
    const records: string[] = [];
    const keep = (record: unknown, text: string) => {
      if (namesSuppressed(dataset, record, text, isPerson)) records.push(text.trim());
      return undefined;
    };
    const looking = rewriteRecords(
      firstBytes(unpack(stored.bytes(), file.format.gzip), searchable),
      file.format.shape,
      {
        json: (text) => keep(parseJson(text), text),
        csv: (row) => keep(dataset.fromCsv(row), JSON.stringify(row)),
      },
      MAX_RECORD_BYTES,
    );
    for await (const _ of looking);
    return { records, isComplete: searchable === Number.POSITIVE_INFINITY };
  } finally {
    await stored.close();
  }
}
