import { unpackedBytes } from "@lethe/input-files/file-source";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { rewriteRecords } from "@lethe/input-files/rewrite-records";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import { REDACTED } from "@lethe/privacy/mask-value";
import type { Area, OpenFile } from "@lethe/storage/storage";
import type { ErasureContext } from "./context.js";
import { erasuresInGzipNames } from "./gzip-names.js";
import type { PersonFile } from "./person-files.js";
import { MAX_RECORD_BYTES } from "./rewrite-file.js";
import { rewriteFound } from "./rewrite-found.js";
import { searchableBytes } from "./searchable-bytes.js";
import type { SearchedPeople } from "./searched-people.js";

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

/** A file to be scanned: as far as it is known, what it holds, and whether it is unreadable as a whole. */
export interface ScannedFile extends Pick<PersonFile, "dataset" | "format"> {
  readonly area: Area;
  readonly key: string;
  readonly damaged: boolean;
}

/**
 * Reads a file through and counts the records that an erasure would change. Bytes are those unpacked. The part of a file that
 * cannot be searched may hold anybody, and counts as a finding.
 */
export async function scanFile(context: FileContext, file: ScannedFile, people: SearchedPeople): Promise<FileScan> {
  const stored = await context.storage.open(file.area, file.key);
  if (stored === undefined) return { records: 0, bytes: 0, findings: 0 };
  try {
    return await scanBytes(context, stored, file, people);
  } finally {
    await stored.close();
  }
}

async function scanBytes(
  context: FileContext,
  stored: OpenFile,
  file: ScannedFile,
  people: SearchedPeople,
): Promise<FileScan> {
  const result = { records: 0, bytes: 0, findings: 0 };
  const { damaged, format } = file;
  const searchable = damaged ? await searchableBytes(stored, format, context.maxUnpackRatio) : Number.POSITIVE_INFINITY;
  if (searchable !== Number.POSITIVE_INFINITY) result.findings += 1;
  const unpack = damaged ? salvagedBytes : unpackedBytes;
  const found = rewriteFound(context.datasets.get(file.dataset), WHOLE, people, NOBODY_TOLD);
  const look = (isFound: boolean, records = 1) => {
    result.records += records;
    if (isFound) result.findings += 1;
    return undefined;
  };
  const looking = rewriteRecords(
    firstBytes(unpack(stored.bytes(), format.gzip), searchable),
    format.shape,
    {
      header: (names) => look(found.header?.(names) !== undefined, 0),
      json: (text) => look(found.json(text) !== undefined),
      csv: (row) => look(found.csv(row) !== undefined),
    },
    MAX_RECORD_BYTES,
  );
  for await (const piece of looking) result.bytes += piece.length;
  if ((await erasuresInGzipNames(stored, file, people)).length > 0) result.findings += 1;
  return result;
}

/** Whatever is found is a finding, so nothing has to be masked field by field. */
const WHOLE: Rewrite = {
  json: () => REDACTED,
  csv: (row) => Object.fromEntries(Object.keys(row).map((name) => [name, REDACTED])),
};

const NOBODY_TOLD = { onMasked: () => undefined, onReview: () => undefined, onLeft: () => undefined };
