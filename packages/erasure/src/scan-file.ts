import { unpackedBytes } from "@lethe/input-files/file-source";
import { rewriteRecords } from "@lethe/input-files/rewrite-records";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { Area, OpenFile } from "@lethe/storage/storage";
import type { ErasureContext } from "./context.js";
import { namesSuppressed } from "./names-suppressed.js";
import { parseJson } from "./parse-json.js";
import type { PersonFile } from "./person-files.js";
import { MAX_RECORD_BYTES } from "./rewrite-file.js";
import { searchableBytes } from "./searchable-bytes.js";

/** What a scan of files needs to know. */
export type FileContext = Pick<ErasureContext, "datasets" | "storage" | "maxUnpackRatio">;

/** The areas of the places that a person's files lie in. */
export const AREAS = {
  archived_data: "archived",
  processed_data: "processed",
  quarantined_data: "quarantined",
} as const satisfies Record<PersonFile["place"], Area>;

export interface FileScan {
  readonly records: number;
  readonly bytes: number;
  readonly findings: number;
}

/**
 * Reads a file through and counts the records that name somebody on the suppression list. Bytes are those unpacked. The
 * part of a file that cannot be searched may hold anybody, and counts as a finding.
 */
export async function scanFile(
  context: FileContext,
  file: PersonFile,
  findSuppression: FindSuppression,
): Promise<FileScan> {
  const stored = await context.storage.open(AREAS[file.place], file.path);
  if (stored === undefined) return { records: 0, bytes: 0, findings: 0 };
  try {
    return await scanBytes(context, stored, file, findSuppression);
  } finally {
    await stored.close();
  }
}

async function scanBytes(
  context: FileContext,
  stored: OpenFile,
  file: PersonFile,
  findSuppression: FindSuppression,
): Promise<FileScan> {
  const result = { records: 0, bytes: 0, findings: 0 };
  const dataset = context.datasets.get(file.dataset);
  const look = (record: unknown, text: string) => {
    result.records += 1;
    if (namesSuppressed(dataset, record, text, findSuppression)) result.findings += 1;
  };
  const damaged = file.place === "quarantined_data";
  const searchable = damaged
    ? await searchableBytes(stored, file.format, context.maxUnpackRatio)
    : Number.POSITIVE_INFINITY;
  if (searchable !== Number.POSITIVE_INFINITY) result.findings += 1;
  const unpack = damaged ? salvagedBytes : unpackedBytes;
  const looking = rewriteRecords(
    firstBytes(unpack(stored.bytes(), file.format.gzip), searchable),
    file.format.shape,
    {
      json: (text) => {
        look(parseJson(text), text);
        return undefined;
      },
      csv: (row) => {
        look(dataset.fromCsv(row), JSON.stringify(row));
        return undefined;
      },
    },
    MAX_RECORD_BYTES,
  );
  for await (const piece of looking) result.bytes += piece.length;
  return result;
}
